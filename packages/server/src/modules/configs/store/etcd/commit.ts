/** Writes in etcd: what the database has to allow, and then one transaction of etcd for those that are made together. */
import { configRelay, configs } from '@tenant-registry/db';
import { batchedByReach, readsTogether } from '../../../../kernel/batch-by-reach.ts';
import type { ActorContext } from '../../../../kernel/context.ts';
import { DomainError, kernelErrors, tooLate } from '../../../../kernel/errors.ts';
import { bookkeep } from '../../../../kernel/transact.ts';
import { configErrors } from '../../errors.ts';
import { readablePlace, requireWritable } from '../../place.ts';
import type { Outcome } from '../port.ts';
import { newPinsOf, requireRoom } from '../recorded.ts';
import { createTogether, type Ended, type Wish, type Wishes } from '../together.ts';
import { attempt, type Made, madeBy, type WriteParts } from './attempt.ts';
import { storeUnavailable } from './link.ts';
import type { Meta } from './meta.ts';
import type { WaitingPlaces } from './waiting-places.ts';

export interface CommitParts extends WriteParts {
  readonly places: WaitingPlaces;
  readonly counts: ReturnType<typeof createCounts>;
}

/** Makes the function that finds the counts of a project. */
export function createCounts() {
  return batchedByReach({ ask: configRelay.findConfigTotals, ...readsTogether });
}

/** A transaction of etcd has 128 operations, and 1.5 MiB. */
const OPERATIONS_MAX = 126;
const BYTES_MAX = 491_520;

/** Makes `commit` of the store. */
export function createCommit(parts: CommitParts) {
  return createTogether({
    runningMax: 8,
    weightOf: ({ growths, written }) => Math.max((2 * growths.length + 2) / OPERATIONS_MAX, written / BYTES_MAX),
    weightMax: 1,
    waitingMax: 200,
    commitTogether: (_, wishes) => commitTogether(parts, wishes),
    commitAlone: (_, wish) => commitAlone(parts, wish),
    // A revision of etcd is one revision of a project.
    namesOf: ({ place }) => [place.project_id],
    isShared: (error) => error instanceof DomainError && shared.includes(error.definition),
  });
}

const shared: readonly object[] = [kernelErrors.unavailable.definition, configErrors.storeFull.definition];

/** Makes those of the writes that the database allows. */
async function commitTogether(parts: CommitParts, wishes: Wishes): Promise<readonly Ended[]> {
  const allowed = await Promise.allSettled(wishes.map((wish) => prepared(parts, wish)));
  for (const [n, { ctx }] of wishes.entries())
    if (ctx.deadline.leftMs() === 0) allowed[n] = { status: 'rejected', reason: tooLate() };
  const made = allowed.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const outcomes = made.length === 0 ? new Map() : await attempt(parts, made, await writableMeta(parts));
  return wishes.map((wish, n): Ended => {
    const found = allowed[n];
    if (found?.status === 'rejected') return { outcome: 'refused', reason: found.reason };
    return outcomes === 'overtaken' ? 'alone' : (outcomes.get(wish) ?? 'alone');
  });
}

/**
 * Makes one write that was overtaken: a schema of the tenant was deleted, or is about to be; or the epoch was written again, as
 * a move does at its end, or is another one.
 */
async function commitAlone(parts: CommitParts, wish: Wish): Promise<Outcome> {
  await parts.standing.refresh();
  const made = await prepared(parts, wish);
  const outcomes = await attempt(parts, [made], await writableMeta(parts));
  const outcome = outcomes === 'overtaken' ? undefined : outcomes.get(wish);
  if (outcome === undefined) throw storeUnavailable('The store of configurations is being changed: try again.');
  return outcome;
}

async function prepared(parts: CommitParts, wish: Wish): Promise<Made> {
  const { ctx, place, write } = wish;
  const [pins] = await Promise.all([
    requireAllowed(parts, wish),
    parts.places.take(place.tenant_id, write.changes.length),
  ]);
  if (ctx.deadline.leftMs() === 0) throw tooLate();
  return { wish, pins, changes: madeBy(wish) };
}

async function writableMeta({ standing }: CommitParts): Promise<Meta> {
  const meta = await standing.current();
  if (meta.state === 'frozen' || meta.state === 'left')
    throw storeUnavailable('The store of configurations is being moved: try again.');
  return meta;
}

/**
 * What the database says. It is read and not held: a freeze that comes after it lets this write through, which is done when
 * the deadlines of a request and of etcd have passed. The counts are those of the projection and of this process's own writes,
 * so they lag behind by what other processes wrote and the relay has not brought. Schemas are held all the same: returns the
 * revision of the key that a deletion of a schema writes, for a write that pins one anew.
 */
async function requireAllowed(parts: CommitParts, { ctx, place, write, growth }: Wish): Promise<number | undefined> {
  const { tenant_id, project_id } = place;
  const found = await readablePlace(ctx, project_id);
  if (found.tenant_id !== tenant_id) throw kernelErrors.notFound();
  requireWritable(found);
  const schema_ids = newPinsOf(write.changes);
  const pins = schema_ids.length === 0 ? undefined : await pinnable(parts, ctx, { tenant_id, schema_ids });
  const state = await parts.counts(ctx, project_id);
  const more = parts.growth.after(project_id, state.revision);
  requireRoom(growth, {
    keys: state.keys + more.keys + growth.keys,
    bytes: state.bytes + more.bytes + growth.bytes,
  });
  return pins;
}

interface Pinning {
  readonly tenant_id: string;
  readonly schema_ids: readonly string[];
}

/** Returns the revision of the key that a deletion of a schema writes. Throws `config_schema_not_found`. */
async function pinnable(parts: CommitParts, ctx: ActorContext, { tenant_id, schema_ids }: Pinning): Promise<number> {
  // Before the database is asked: a deletion that it does not show yet changes the key after this, or is waited for there.
  const { kvs } = await parts.link.gets([parts.keys.pins(tenant_id)]);
  const held = await bookkeep(ctx.db, (tx) => configs.lockConfigSchemasShared(tx, tenant_id, schema_ids));
  if (held.length < schema_ids.length) throw configErrors.schemaNotFound();
  return kvs[0]?.modRevision ?? 0;
}
