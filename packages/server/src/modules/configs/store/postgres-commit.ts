/**
 * Writes of configurations in the registry's own database. Those that callers of one reach ask for while others run are made
 * together, in one transaction: it costs little more than one of them.
 */
import { configs, type Db, type Tx } from '@tenant-registry/db';
import { batchedByReach } from '../../../kernel/batch-by-reach.ts';
import type { ActorContext } from '../../../kernel/context.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import { newId } from '../../../kernel/ids.ts';
import { transactTogether } from '../../../kernel/transact.ts';
import { configErrors } from '../errors.ts';
import { requireWritable } from '../place.ts';
import { BYTES_MAX, KEYS_MAX } from '../schema.ts';
import { moved } from './moved.ts';
import type { Change, Outcome, Place, Write } from './port.ts';
import {
  authorOf,
  createdAt,
  eventOf,
  type Growth,
  growthOf,
  newPinsOf,
  storedOf,
  totalOf,
  userOf,
  versionOf,
} from './recorded.ts';

/** One request's write. */
interface Wish {
  readonly ctx: ActorContext;
  readonly place: Place;
  readonly write: Write;
  readonly growth: Growth;
  /** Of the contents. */
  readonly bytes: number;
}

type Ended = PromiseSettledResult<Outcome>;

/** What a write weighs beside its contents. */
const WRITE_BYTES = 16_384;
const batch = {
  runningMax: 1,
  weightOf: ({ bytes }: Wish) => bytes + WRITE_BYTES,
  weightMax: 1_048_576,
  waitingMax: 200,
} as const;

/** Makes `commit` of the store. */
export function createCommit(): (ctx: ActorContext, place: Place, write: Write) => Promise<Outcome> {
  const together = batchedByReach<Wish, Ended>({ ...batch, ask: commitAll });
  return async (ctx, place, write) => {
    // Before the transaction, which holds others up.
    const measured = write.changes.map(growthOf);
    const bytes = measured.reduce((sum, { bytes }) => sum + Math.max(bytes, 0), 0);
    const ended = await together(ctx, { ctx, place, write, growth: totalOf(measured), bytes });
    if (ended.status === 'rejected') throw ended.reason;
    return ended.value;
  };
}

/** Makes the writes, each or not, in as few transactions as may be. */
async function commitAll(db: Db, wishes: readonly Wish[]): Promise<Ended[]> {
  const ends = new Map<Wish, Ended>();
  let left = wishes;
  while (left.length > 0) {
    for (const [wish, ended] of await commitSome(db, ofDifferentKeys(left))) ends.set(wish, ended);
    left = left.filter((wish) => !ends.has(wish));
  }
  return wishes.map((wish) => ends.get(wish) ?? { status: 'rejected', reason: new Error('a write has an end') });
}

/** Returns the first writes of their keys. */
function ofDifferentKeys(wishes: readonly Wish[]): [Wish, ...Wish[]] {
  const taken = new Set<string>();
  const first = wishes.filter(({ place, write }) => {
    const names = write.changes.map(({ key }) => `${place.project_id}/${key}`);
    const isFree = names.every((name) => !taken.has(name));
    for (const name of names) taken.add(name);
    return isFree;
  });
  return first as [Wish, ...Wish[]]; // the very first one is always among them
}

/**
 * Makes these writes in one transaction, and returns how those ended that have an end by it: all of them, or those whose base
 * is not current any more. When it fails for another reason, each is made alone, so that none fails for the sake of another.
 */
async function commitSome(db: Db, wishes: [Wish, ...Wish[]]): Promise<(readonly [Wish, Ended])[]> {
  try {
    const outcomes = await commitTogether(db, wishes);
    return wishes.map((wish, n) => [wish, { status: 'fulfilled', value: outcomes[n] as Outcome }]); // one of each
  } catch (error) {
    if (error instanceof Outdated)
      return [...error.keys].map(([wish, key]) => [wish, { status: 'fulfilled', value: { outcome: 'conflict', key } }]);
    if (wishes.length === 1) return [[wishes[0], { status: 'rejected', reason: error }]];
    const ended: (readonly [Wish, Ended])[] = [];
    for (const wish of wishes) ended.push(...(await commitSome(db, [wish])));
    return ended;
  }
}

/** Ends a transaction in which bases were not current any more: a key of each write of which that is so. */
class Outdated extends Error {
  readonly keys: ReadonlyMap<Wish, string>;

  constructor(keys: ReadonlyMap<Wish, string>) {
    super('keys have changed meanwhile');
    this.keys = keys;
  }
}

async function commitTogether(db: Db, wishes: [Wish, ...Wish[]]): Promise<Outcome[]> {
  const [{ ctx }, ...others] = wishes;
  return transactTogether({ db, ctxs: [ctx, ...others.map((wish) => wish.ctx)] }, async (tx, record) => {
    await holdWritable(tx, wishes);
    for (const { place, write } of wishes) await holdNewPins(tx, place, write.changes);
    for (const { ctx, place, write } of wishes)
      for (const change of write.changes)
        record(ctx, { ...eventOf(change, place), description: change.reason ?? undefined });
    return writeAll(tx, wishes);
  });
}

/** Holds the projects and their tenants as they are, for writes in them. */
async function holdWritable(tx: Tx, wishes: readonly Wish[]): Promise<void> {
  const held = await configs.lockConfigProjectsShared(
    tx,
    wishes.map(({ place }) => place),
  );
  for (const { place } of wishes) {
    const found = held.find(({ project_id }) => project_id === place.project_id);
    if (found === undefined) throw kernelErrors.notFound();
    requireWritable(found);
  }
}

/** A schema that is pinned anew is held against its deletion; one that a value has already cannot be deleted. */
async function holdNewPins(tx: Tx, { tenant_id }: Place, changes: readonly Change[]): Promise<void> {
  const ids = newPinsOf(changes);
  if (ids.length === 0) return;
  const held = await configs.lockConfigSchemasShared(tx, tenant_id, ids);
  if (held.length < ids.length) throw configErrors.schemaNotFound();
}

async function writeAll(tx: Tx, wishes: readonly Wish[]): Promise<Outcome[]> {
  const made = wishes.map(({ ctx, place, write: { write_id } }) => {
    const updated_at = ctx.clock().toISOString();
    return { write_id, updated_by: authorOf(ctx), updated_by_user_id: userOf(ctx, place), updated_at };
  });
  const { epoch, written } = await configs.insertOrUpdateConfigs(
    tx,
    wishes.map(({ ctx, place, write, growth }, n) => {
      const { write_id, updated_by, updated_by_user_id, updated_at } = made[n] as (typeof made)[number]; // one of each
      const values = write.changes.map((change) => newValue(ctx, change, updated_at));
      return {
        ...place,
        ...growth,
        values,
        write_id,
        author: updated_by,
        author_user_id: updated_by_user_id,
        at: updated_at,
      };
    }),
  );
  if (epoch === null) throw moved();
  const late = wishes.flatMap((wish, n) => {
    const change = wish.write.changes.find(({ key }) => !written[n]?.written.includes(key));
    return change === undefined ? [] : [[wish, change.key] as const];
  });
  if (late.length > 0) throw new Outdated(new Map(late));
  return wishes.map(({ place, write, growth }, n) => {
    const [row, how] = [written[n], made[n]];
    if (row === undefined || how === undefined) throw new Error('each write has a row');
    requireRoom(growth, row);
    const configs = write.changes.map((change) => storedOf(change, place, { revision: row.revision, ...how }));
    return { outcome: 'committed', epoch, configs };
  });
}

function newValue({ clock }: ActorContext, change: Change, now: string): configs.NewConfigValue {
  const { key, operation, source_version, schema_id, schema_version, content, content_sha256, reason } = change;
  return {
    id: newId(clock),
    key,
    version: versionOf(change),
    operation,
    source_version,
    schema_id,
    schema_version,
    content: operation === 'delete' ? null : JSON.stringify(content),
    content_sha256,
    reason,
    created_at: createdAt(change, now),
  };
}

/** Throws `config_quota_exceeded` when the write takes the project over a bound; one that takes nothing more may pass. */
export function requireRoom(growth: Growth, { keys, bytes }: Growth): void {
  const isOver = (growth.keys > 0 && keys > KEYS_MAX) || (growth.bytes > 0 && bytes > BYTES_MAX);
  if (isOver)
    throw configErrors.configQuotaExceeded({ members: { keys, keys_max: KEYS_MAX, bytes, bytes_max: BYTES_MAX } });
}
