/** State, audit row and outbox row: written together or not at all. The only place that opens a transaction to write. */
import { audit, type Db, idempotency, leaveTenant, outbox, type Tx } from '@tenant-registry/db';
import type { z } from 'zod';
import type { ActorContext } from './context.ts';
import type { EventDefinition } from './events.ts';
import { idempotencyErrors } from './idempotency.ts';
import { newId } from './ids.ts';

/** Writes down that something happened. Fields that the event's schema does not name are dropped. */
export type RecordEvent = <Schema extends z.ZodObject>(
  event: EventDefinition<Schema>,
  payload: z.input<Schema>,
  note?: { readonly description?: string | undefined },
) => Promise<void>;

type Work<T> = (tx: Tx, record: RecordEvent, nothingChanged: () => void) => Promise<T>;

/**
 * Runs the work in one transaction and returns what it returned. A work that neither records an event nor says
 * `nothingChanged()` throws and rolls back, so no change of state can go unrecorded.
 */
export async function transact<T>(ctx: ActorContext, work: Work<T>): Promise<T> {
  return ctx.db.transaction().execute(async (tx) => {
    let accounted = false;
    const record: RecordEvent = async (event, payload, note) => {
      await append(ctx, tx, event, payload, note?.description);
      accounted = true;
    };
    const result = await work(tx, record, () => {
      accounted = true;
    });
    if (!accounted) throw new Error('a transaction that changes state must record an event');
    await markCommit(ctx, tx);
    return result;
  });
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

async function markCommit({ idempotencyClaim, clock, actor }: ActorContext, tx: Tx): Promise<void> {
  if (idempotencyClaim === null) return;
  if (actor.tenant_id !== null) await leaveTenant(tx); // idempotency keys belong to no tenant
  if (!(await idempotency.touchIdempotencyCommit(tx, idempotencyClaim, clock()))) {
    throw idempotencyErrors.inFlight(); // it took so long that somebody else took over
  }
}

async function append<Schema extends z.ZodObject>(
  { actor, clock, requestId, sourceIp }: ActorContext,
  tx: Tx,
  event: EventDefinition<Schema>,
  input: z.input<Schema>,
  description: string | undefined,
): Promise<void> {
  const payload = event.payload.strip().parse(input) as z.output<Schema>;
  const { tenant_id, target, project_id = null, product = null } = event.subject(payload);
  const occurredAt = clock();
  const id = newId(clock);
  await audit.appendAuditEvent(tx, {
    id,
    tenant_id,
    project_id,
    product,
    actor_type: actor.type,
    actor_id: actor.id,
    actor_name: actor.name,
    action: event.type,
    target_type: target.type,
    target_id: target.id,
    target_name: target.name,
    description: description ?? null,
    metadata: payload,
    source_ip: sourceIp,
    request_id: requestId,
    is_failure: event.failure ?? false,
    occurred_at: occurredAt,
    created_at: occurredAt,
  });
  await outbox.appendOutboxEvent(tx, {
    id,
    tenant_id,
    aggregate_type: target.type,
    aggregate_id: target.id,
    event_type: event.type,
    payload,
    occurred_at: occurredAt,
  });
}
