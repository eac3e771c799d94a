/** The service Watch. */
import type { Keys, WatchEvent } from '../types.ts';
import { keyRange, putKeyRange } from './keys.ts';
import { takeKv } from './kv.ts';
import { type Method, method, takeRevision } from './method.ts';
import { type Reader, takeFields, takeMessage, takeNumber, takeText } from './reader.ts';
import { putFlag, putMessage, putNumber } from './writer.ts';

export interface WatchRequest {
  readonly keys: Keys;
  readonly startRevision: number;
}

export interface WatchAnswer {
  readonly revision: number;
  readonly created: boolean;
  readonly canceled: boolean;
  /** Not 0 when the start revision is gone. */
  readonly compactRevision: number;
  readonly cancelReason: string;
  /** The next message goes on with this one's last revision. */
  readonly continues: boolean;
  readonly events: readonly WatchEvent[];
}

function takeEvent(from: Reader): WatchEvent {
  let deleted = false;
  let kv: WatchEvent['kv'] | undefined;
  takeMessage(from, (field) => {
    if (field === 1) deleted = takeNumber(from) === 1;
    else if (field === 2) kv = takeKv(from);
    else return false;
    return true;
  });
  if (kv === undefined) throw new RangeError('etcd left out the key of an event');
  return { type: deleted ? 'delete' : 'put', kv };
}

export const watch: Method<WatchRequest, WatchAnswer> = method({
  path: 'Watch/Watch',
  write(to, { keys, startRevision }) {
    putMessage(to, 1, (inner) => {
      // A message is cut at the server's limit of a request, so a long past does not come in one.
      putFlag(inner, 8, true);
      putNumber(inner, 3, startRevision);
      putKeyRange(inner, keyRange(keys));
    });
  },
  read(from) {
    const events: WatchEvent[] = [];
    const answer = {
      revision: 0,
      created: false,
      canceled: false,
      compactRevision: 0,
      cancelReason: '',
      continues: false,
    };
    takeFields(from, (field) => {
      switch (field) {
        case 1:
          answer.revision = takeRevision(from);
          break;
        case 3:
          answer.created = takeNumber(from) === 1;
          break;
        case 4:
          answer.canceled = takeNumber(from) === 1;
          break;
        case 5:
          answer.compactRevision = takeNumber(from);
          break;
        case 6:
          answer.cancelReason = takeText(from);
          break;
        case 7:
          answer.continues = takeNumber(from) === 1;
          break;
        case 11:
          events.push(takeEvent(from));
          break;
        default:
          return false;
      }
      return true;
    });
    return { ...answer, events };
  },
});
