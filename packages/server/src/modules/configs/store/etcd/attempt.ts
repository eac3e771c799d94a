/** One transaction of etcd: several writes of different projects, with their intents, all or none. */
import { configRelay } from '@tenant-registry/db';
import { EtcdError, type Kv, type Txn, type TxnAnswer } from '@tenant-registry/etcd';
import { newId } from '../../../../kernel/ids.ts';
import { entryOf } from '../../../../kernel/transact/entry.ts';
import type { Change, Outcome, StoredConfig, Write } from '../port.ts';
import { authorOf, eventOf, type Growth, storedOf, userOf, versionOf } from '../recorded.ts';
import { Outdated, type Wish } from '../together.ts';
import { intentText, readIntent } from './intents.ts';
import { kvOf, storeUnavailable } from './link.ts';
import type { Meta } from './meta.ts';
import type { StoreParts } from './reading.ts';
import type { UnrelayedGrowth } from './unrelayed-growth.ts';
import { readValue, storedValueOf } from './values.ts';

interface MadeChange {
  readonly change: Change;
  /** Without its revision, which etcd gives. */
  readonly config: Omit<StoredConfig, 'revision'>;
  readonly value: string;
  readonly intent: string;
  readonly growth: Growth;
}

/** A write that the database allows, with everything that is written, so that a repetition writes nothing else. */
export interface Made {
  readonly wish: Wish;
  readonly changes: readonly MadeChange[];
  /** The revision at which the key `pins` of the tenant must have changed last; undefined: no schema is pinned anew. */
  readonly pins: number | undefined;
}

/** Returns what the write writes. */
export function madeBy({ ctx, place, write, growths }: Wish): readonly MadeChange[] {
  const updated_at = ctx.clock().toISOString();
  const by = { updated_by: authorOf(ctx), updated_by_user_id: userOf(ctx, place) };
  const made = { write_id: write.write_id, ...by, updated_at };
  return write.changes.map((change, n) => {
    const growth = growths[n] ?? { keys: 0, bytes: 0 };
    const { revision: _, ...config } = storedOf(change, place, { ...made, revision: 0 });
    const value = storedValueOf({ ...config, revision: 0 }, change);
    const entry = entryOf(ctx, { ...eventOf(change, place), description: change.reason ?? undefined });
    const intent = intentText({ id: newId(ctx.clock), ...place, key: change.key, value, entry, ...growth });
    return { change, config, value: JSON.stringify(value), intent, growth };
  });
}

export interface WriteParts extends StoreParts {
  /** Tells that there is one more. */
  readonly intended: () => void;
  readonly growth: UnrelayedGrowth;
}

type Outcomes = ReadonlyMap<Wish, Outcome>;

/**
 * Makes the writes, at one revision of etcd. 'overtaken': none was made, because the key `meta` or a key `pins` is not as it
 * was read. Throws `Outdated` when values are not, and `unavailable` and `config_store_full`.
 */
export async function attempt(parts: WriteParts, made: readonly Made[], meta: Meta): Promise<Outcomes | 'overtaken'> {
  const txn = txnOf(parts, made, meta);
  try {
    const answer = await parts.link.ask((etcd) => etcd.txn(txn));
    return answer.succeeded ? committed(parts, { made, meta, at: answer.revision }) : refused(made, meta, answer);
  } catch (error) {
    if (!(error instanceof EtcdError) || error.kind !== 'unknown_outcome') throw error;
    return again(parts, made, meta);
  }
}

/** The answer was lost. Once more: this one succeeds, or finds its own writes, or finds those of others. */
async function again(parts: WriteParts, made: readonly Made[], meta: Meta): Promise<Outcomes | 'overtaken'> {
  const txn = txnOf(parts, made, meta);
  try {
    const answer = await parts.link.ask((etcd) => etcd.txn(txn));
    if (answer.succeeded) return committed(parts, { made, meta, at: answer.revision });
    const own = await ownRevision(made, meta, answer);
    return own === undefined ? refused(made, meta, answer) : committed(parts, { made, meta, at: own - meta.base });
  } catch (error) {
    if (error instanceof Outdated) throw error;
    const detail = 'It is not known whether the change was made: read it, or repeat it with its Idempotency-Key.';
    throw storeUnavailable(detail, error);
  }
}

function txnOf({ keys }: WriteParts, made: readonly Made[], meta: Meta): Txn {
  const each = made.flatMap(({ wish: { place }, changes }) =>
    changes.map((one) => {
      const { key } = one.change;
      return { ...one, at: keys.value(place, key), intentAt: keys.intent(place, key, versionOf(one.change)) };
    }),
  );
  // Of a tenant, as it was before the first of its checks: a deletion since then refuses all that was checked before it.
  const pins = new Map<string, number>();
  for (const { wish, pins: own } of made)
    if (own !== undefined) pins.set(wish.place.tenant_id, Math.min(own, pins.get(wish.place.tenant_id) ?? own));
  return {
    compare: [
      // A base of another epoch has a revision below this one's, and is refused like every other that has changed.
      ...each.map(({ at, change }) => ({ key: at, modRevision: modRevisionOf(change, meta) })),
      { key: keys.meta, modRevision: meta.modRevision },
      ...[...pins].map(([tenantId, modRevision]) => ({ key: keys.pins(tenantId), modRevision })),
    ],
    success: [
      ...each.map(({ at, value }) => ({ type: 'put' as const, key: at, value })),
      ...each.map(({ intentAt, intent }) => ({ type: 'put' as const, key: intentAt, value: intent })),
      ...made.map(({ wish }) => ({ type: 'put' as const, key: keys.head(wish.place), value: '' })),
      { type: 'put', key: keys.all, value: '' },
    ],
    failure: [
      { type: 'get', key: keys.meta },
      ...each.map(({ at }) => ({ type: 'get' as const, key: at })),
      ...each.map(({ intentAt }) => ({ type: 'get' as const, key: intentAt })),
    ],
  };
}

/** No key will have it. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** The revision of etcd at which the key must have changed last; 0: the key must be absent. */
function modRevisionOf({ base }: Change, meta: Meta): number {
  if (base === undefined) return 0;
  return base.revision > meta.base ? base.revision - meta.base : NEVER;
}

interface Committed {
  readonly made: readonly Made[];
  readonly meta: Meta;
  /** The revision of etcd. */
  readonly at: number;
}

function committed(parts: WriteParts, { made, meta, at }: Committed): Outcomes {
  parts.intended();
  const revision = meta.base + at;
  const outcomes = made.map(({ wish, changes }) => {
    const { keys, bytes } = wish.growth;
    if (keys !== 0 || bytes !== 0) parts.growth.add(wish.place.project_id, { revision, keys, bytes });
    const configs = changes.map(({ config }) => ({ ...config, revision }));
    return [wish, { outcome: 'committed', epoch: meta.epoch, configs }] as const;
  });
  return new Map(outcomes);
}

function refused(made: readonly Made[], meta: Meta, answer: TxnAnswer): 'overtaken' {
  const [metaKv, ...kvs] = answer.responses.map(kvOf);
  if (metaKv?.modRevision !== meta.modRevision) return 'overtaken';
  let n = 0;
  const late = made.flatMap(({ wish, changes }) => {
    const found = changes.map((each) => ({ each, kv: kvs[n++] }));
    const one = found.find(({ each, kv }) => (kv?.modRevision ?? 0) !== modRevisionOf(each.change, meta));
    return one === undefined ? [] : [[wish, one.each.change.key] as const];
  });
  if (late.length > 0) throw new Outdated(new Map(late));
  if (made.every(({ pins }) => pins === undefined)) throw new Error('a refused comparison has a key that differs');
  return 'overtaken';
}

/**
 * Returns the revision of these very writes. All were written together, so all have it: a repetition of one of them, which has
 * its name, may have been made apart.
 */
async function ownRevision(made: readonly Made[], meta: Meta, answer: TxnAnswer): Promise<number | undefined> {
  const [, ...kvs] = answer.responses.map(kvOf);
  const count = made.reduce((sum, { changes }) => sum + changes.length, 0);
  let n = 0;
  let common: number | undefined;
  for (const each of made) {
    const own = await revisionOf(each, meta, { value: kvs[n], intent: kvs[count + n] });
    if (own === undefined || own !== (common ?? own)) return undefined;
    common = own;
    n += each.changes.length;
  }
  return common;
}

interface FirstKey {
  readonly value: Kv | null | undefined;
  readonly intent: Kv | null | undefined;
}

/** Returns the revision of the write by its first key, because all its keys were written together. */
async function revisionOf({ wish, changes }: Made, meta: Meta, { value, intent }: FirstKey) {
  const { ctx, place, write } = wish;
  const [first] = changes;
  if (first === undefined) return undefined;
  if (value != null && readValue(value).write_id === write.write_id) return meta.base + value.modRevision;
  const { key } = first.change;
  const version = versionOf(first.change);
  // Another write followed: this one is in its intent, or in the database already.
  if (intent != null) return isOwnIntent(intent, write) ? meta.base + intent.modRevision : undefined;
  const row = await configRelay.findConfigVersionWrite(ctx.root, { project_id: place.project_id, key, version });
  return row?.write_id === write.write_id ? row.revision : undefined;
}

function isOwnIntent({ value }: Kv, { write_id }: Write): boolean {
  return readIntent({ value }).value.write_id === write_id;
}
