/** The methods of the service KV (rpc.proto and kv.proto of etcd). */
import type { Keys, Kv, Op, OpAnswer, RangeAnswer, RangeOptions, Txn, TxnAnswer } from '../types.ts';
import { keyRange, putKeyRange } from './keys.ts';
import { type Method, method, takeNothing, takeRevision } from './method.ts';
import { type Reader, takeFields, takeMessage, takeNumber, takeText } from './reader.ts';
import { putFlag, putMessage, putNumber, putNumberAlways, putText, type Writer } from './writer.ts';

export interface RangeRequest {
  readonly keys: Keys;
  readonly options: RangeOptions;
}

const MOD_REVISION = 2;
const ASCENDING = 1;
const DESCENDING = 2;

function putRange(to: Writer, { keys, options }: RangeRequest): void {
  const { order } = options;
  putFlag(to, 9, options.countOnly);
  putFlag(to, 8, options.keysOnly);
  // Field 7, serializable, is never set: an answer then could be old.
  putNumber(to, 6, order?.by === 'mod_revision' ? MOD_REVISION : 0);
  if (order !== undefined) putNumber(to, 5, order.descending === true ? DESCENDING : ASCENDING);
  putNumber(to, 4, options.revision ?? 0);
  putNumber(to, 3, options.limit ?? 0);
  putKeyRange(to, keyRange(keys, options.after));
}

export function takeKv(from: Reader): Kv {
  const kv = { key: '', value: '', createRevision: 0, modRevision: 0, version: 0 };
  takeMessage(from, (field) => {
    switch (field) {
      case 1:
        kv.key = takeText(from);
        break;
      case 2:
        kv.createRevision = takeNumber(from);
        break;
      case 3:
        kv.modRevision = takeNumber(from);
        break;
      case 4:
        kv.version = takeNumber(from);
        break;
      case 5:
        kv.value = takeText(from);
        break;
      default:
        return false;
    }
    return true;
  });
  return kv;
}

type Changing<T> = { -readonly [Name in keyof T]: T[Name] };

/** Returns an empty answer, and what reads each of its fields. */
function rangeAnswer(from: Reader): { answer: RangeAnswer; visit: (field: number) => boolean } {
  const kvs: Kv[] = [];
  const answer: Changing<RangeAnswer> = { revision: 0, kvs, more: false, count: 0 };
  const visit = (field: number) => {
    switch (field) {
      case 1:
        answer.revision = takeRevision(from);
        break;
      case 2:
        kvs.push(takeKv(from));
        break;
      case 3:
        answer.more = takeNumber(from) === 1;
        break;
      case 4:
        answer.count = takeNumber(from);
        break;
      default:
        return false;
    }
    return true;
  };
  return { answer, visit };
}

export const range: Method<RangeRequest, RangeAnswer> = method({
  path: 'KV/Range',
  write: putRange,
  read(from) {
    const { answer, visit } = rangeAnswer(from);
    takeFields(from, visit);
    return answer;
  },
});

const FIELD_OF_OP = { get: 1, put: 2, delete: 3 } as const;

function putOp(to: Writer, op: Op): void {
  putMessage(to, FIELD_OF_OP[op.type], (inner) => {
    if (op.type === 'put') putText(inner, 2, op.value);
    putText(inner, 1, op.key);
  });
}

/** Writes fields that repeat: the last one first, as everything. */
function putEach<T>(
  to: Writer,
  { field, items }: { field: number; items: readonly T[] },
  put: (to: Writer, item: T) => void,
) {
  for (const item of items.toReversed()) putMessage(to, field, (inner) => put(inner, item));
}

function takeDeleted(from: Reader): OpAnswer {
  let deleted = 0;
  takeMessage(from, (field) => {
    if (field !== 2) return false;
    deleted = takeNumber(from);
    return true;
  });
  return { type: 'delete', deleted };
}

function takeGot(from: Reader): OpAnswer {
  const { answer, visit } = rangeAnswer(from);
  takeMessage(from, visit);
  return { type: 'get', kv: answer.kvs[0] ?? null };
}

function takeOpAnswer(from: Reader): OpAnswer {
  let answer: OpAnswer | undefined;
  takeMessage(from, (field) => {
    if (field === 1) answer = takeGot(from);
    else if (field === 3) answer = takeDeleted(from);
    else if (field === 2) {
      takeMessage(from, () => false);
      answer = { type: 'put' };
    } else return false;
    return true;
  });
  if (answer === undefined) throw new RangeError('etcd left out the answer of an operation');
  return answer;
}

export const txn: Method<Txn, TxnAnswer> = method({
  path: 'KV/Txn',
  write(to, { compare = [], success, failure = [] }) {
    putEach(to, { field: 3, items: failure }, putOp);
    putEach(to, { field: 2, items: success }, putOp);
    putEach(to, { field: 1, items: compare }, (inner, { key, modRevision }) => {
      // 6: the number, one of several alternatives; 3: the key; 2: what is compared; 1: equality is the default.
      putNumberAlways(inner, 6, modRevision);
      putText(inner, 3, key);
      putNumber(inner, 2, MOD_REVISION);
    });
  },
  read(from) {
    const responses: OpAnswer[] = [];
    const answer: Changing<TxnAnswer> = { succeeded: false, revision: 0, responses };
    takeFields(from, (field) => {
      if (field === 1) answer.revision = takeRevision(from);
      else if (field === 2) answer.succeeded = takeNumber(from) === 1;
      else if (field === 3) responses.push(takeOpAnswer(from));
      else return false;
      return true;
    });
    return answer;
  },
});

export const compact: Method<number, void> = method({
  path: 'KV/Compact',
  write: (to, revision) => putNumber(to, 1, revision),
  read: takeNothing,
});
