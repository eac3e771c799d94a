/** State, audit row and outbox row: written together or not at all. The only place that opens a transaction to write. */
import { type Db, entries, idempotency, leaveTenant, type Tx } from '@tenant-registry/db';
import type { z } from 'zod';
import type { ActorContext } from './context.ts';
import { tooLate } from './errors.ts';
import type { EventDefinition } from './events.ts';
import { idempotencyErrors } from './idempotency.ts';
import { newId } from './ids.ts';
import type { Marks } from './leases.ts';
import { noteTenant } from './request-facts.ts';
import { entryOf, type RegistryEntry } from './transact/entry.ts';

/** Writes down that something happened, and returns the id of the event. Fields that its schema does not name are dropped. */
export type RecordEvent = <Schema extends z.ZodObject>(
  event: EventDefinition<Schema>,
  payload: z.input<Schema>,
  note?: { readonly description?: string | undefined },
) => Promise<string>;

/** Says that nothing had to change; with a tenant, that its authority already is what was asked for. */
type NothingChanged = (authorityOf?: string) => void;

/** What happens inside a transaction. */
export type Work<T> = (tx: Tx, record: RecordEvent, nothingChanged: NothingChanged) => Promise<T>;

/**
 * Runs the work in one transaction and returns its result once every replica has forgotten the state before it. Work that
 * neither records an event nor says `nothingChanged()` throws and rolls back, so no change of state goes unrecorded.
 */
export async function transact<T>(ctx: ActorContext, work: Work<T>): Promise<T> {
  const { leases } = ctx;
  const authorityOf = new Set<string>();
  let marks: Marks | undefined;
  let outcome: 'committed' | 'unknown' = 'unknown';
  try {
    // Read committed, and not the database's default: a mark must see the leases of its own moment.
    const result = await ctx.db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (tx) => {
        const result = await accounted(ctx, tx, { work, authorityOf });
        // The rows that follow, if there are any, belong to no tenant.
        if (ctx.actor.tenant_id !== null && (ctx.idempotencyClaim !== null || authorityOf.size > 0))
          await leaveTenant(tx);
        await markCommit(ctx, tx);
        if (authorityOf.size > 0) marks = await leases.mark(tx, [...authorityOf]);
        return result;
      });
    outcome = 'committed';
    ctx.signals.tell('queued');
    return result;
  } finally {
    // Without marks there was nothing to tell, or the work failed and was rolled back. With them and without success it
    // was the commit that failed, and its outcome is unknown.
    if (marks !== undefined) await leases.settle([...authorityOf], marks, outcome);
  }
}

/** What a request causes, when it is known before the transaction. */
export interface Caused<Schema extends z.ZodObject = z.ZodObject> {
  readonly ctx: ActorContext;
  readonly event: EventDefinition<Schema>;
  readonly payload: z.input<Schema>;
  readonly description?: string | undefined;
}

/**
 * Runs the work of several requests of one reach in one transaction: all of it is committed, or nothing. The work gets the
 * entries of what they cause, and writes them with its own statement. None of them may change anybody's authority. A request
 * whose caller has another answer already makes all of it fail.
 */
export async function transactTogether<T>(
  db: Db,
  caused: readonly Caused[],
  work: (tx: Tx, entries: readonly RegistryEntry[]) => Promise<T>,
): Promise<T> {
  const [first] = caused;
  if (first === undefined) throw new Error('a transaction that changes state must record an event');
  const changed = caused.find(({ event }) => event.authority);
  if (changed !== undefined) throw new Error(`${changed.event.type} changes authority: replicas have to be told`);
  const ctxs = [...new Set(caused.map(({ ctx }) => ctx))];
  const entries = caused.map(({ ctx, ...happened }) => entryOf(ctx, happened));
  const { actor, signals } = first.ctx;
  const result = await db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (tx) => {
      const result = await work(tx, entries);
      if (actor.tenant_id !== null && ctxs.some(({ idempotencyClaim }) => idempotencyClaim !== null))
        await leaveTenant(tx);
      for (const ctx of ctxs) await markCommit(ctx, tx);
      return result;
    });
  signals.tell('queued');
  return result;
}

/**
 * Runs the work as `transact` would, up to the commit, rolls it back and returns its result: for the question what a change
 * would do. It takes the locks of the change, and what the work records is not written.
 */
export async function rehearse<T>(ctx: ActorContext, work: Work<T>): Promise<T> {
  const noted: RecordEvent = async () => newId(ctx.clock);
  let done: { readonly result: T } | undefined;
  try {
    await ctx.db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (tx) => {
        done = { result: await work(tx, noted, () => {}) };
        throw new RolledBack();
      });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
  }
  if (done === undefined) throw new Error('a rehearsal ends with the result of its work, or with its error');
  return done.result;
}

/** Ends a transaction whose changes are only a rehearsal. */
class RolledBack extends Error {}

/**
 * Runs the work in one transaction, for what the registry keeps for itself: positions, deliveries, leases. It changes
 * nothing that a caller set, so it records nothing.
 */
export async function bookkeep<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel('read committed').execute(work);
}

/** Runs reads that all see the database as it is at one moment. The database refuses every write among them. */
export async function readTogether<T>(db: Db, work: (db: Db) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work);
}

interface Accountable<T> {
  readonly work: Work<T>;
  /** Gathers the tenants whose authority the work changes. */
  readonly authorityOf: Set<string>;
}

async function accounted<T>(ctx: ActorContext, tx: Tx, { work, authorityOf }: Accountable<T>): Promise<T> {
  let accounted = false;
  const record: RecordEvent = async (event, payload, note) => {
    const entry = entryOf(ctx, { event, payload, description: note?.description });
    noteTenant(ctx, entry.tenant_id);
    await entries.appendEntries(tx, [entry]);
    if (event.authority && entry.tenant_id !== null) authorityOf.add(entry.tenant_id);
    accounted = true;
    return entry.id;
  };
  const result = await work(tx, record, (tenantId) => {
    if (tenantId !== undefined) authorityOf.add(tenantId);
    accounted = true;
  });
  if (!accounted) throw new Error('a transaction that changes state must record an event');
  return result;
}

/**
 * Runs one statement that is no change of state and so has no event: an entry that a product writes into the audit log
 * is itself the record. Alone it needs no transaction; with an Idempotency-Key it commits together with the key's mark.
 */
export async function appendOnce<T>(ctx: ActorContext, append: (db: Db) => Promise<T>): Promise<T> {
  if (ctx.idempotencyClaim === null) return append(ctx.db);
  return ctx.db.transaction().execute(async (tx) => {
    const result = await append(tx);
    await markCommit(ctx, tx);
    return result;
  });
}

/** The last check before a commit: the caller still waits for the answer, and no repetition has taken over. */
async function markCommit({ deadline, idempotencyClaim, clock }: ActorContext, tx: Tx): Promise<void> {
  if (deadline.leftMs() === 0) throw tooLate();
  if (idempotencyClaim !== null && !(await idempotency.touchIdempotencyCommit(tx, idempotencyClaim, clock()))) {
    throw idempotencyErrors.inFlight(); // it took so long that another request took the key over
  }
}
