/** Events that wait for their place in the log, written in the transaction of the change that they report. */
import { type Insertable, sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import type { OutboxEvents } from '../schema.ts';
import { json } from '../types.ts';

export type NewOutboxEvent = Omit<Insertable<OutboxEvents>, 'payload'> & { payload: Record<string, unknown> };

export async function appendOutboxEvent(tx: Tx, { payload, ...event }: NewOutboxEvent): Promise<void> {
  await tx
    .insertInto('outbox_events')
    .values({ ...event, payload: json(payload) })
    .execute();
}

/** Writes many events, in their order, in one statement. */
export async function appendOutboxEvents(tx: Tx, events: readonly NewOutboxEvent[]): Promise<void> {
  await sql`/* prepare append_outbox_events */
    insert into outbox_events (
      id, tenant_id, project_id, product, aggregate_type, aggregate_id, event_type, payload, occurred_at
    )
    select id, tenant_id, project_id, product, aggregate_type, aggregate_id, event_type, payload, occurred_at
    from rows from (json_to_recordset(${JSON.stringify(events)}::json) as (
      id uuid, tenant_id uuid, project_id uuid, product text, aggregate_type text, aggregate_id text, event_type text,
      payload jsonb, occurred_at timestamptz
    )) with ordinality order by ordinality`.execute(tx);
}

/** Returns for how many seconds the oldest event has waited, by the database's clock; 0 when none waits. */
export async function findOldestWait(db: Db): Promise<number> {
  const { rows } = await sql<{ seconds: number | null }>`
    select extract(epoch from now() - (select occurred_at from outbox_events order by seq limit 1))::float8 as seconds`.execute(
    db,
  );
  return Math.max(0, rows[0]?.seconds ?? 0);
}

/** Counts the events that wait, up to a limit. */
export async function findWaitingCount(db: Db, limit: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (select from outbox_events limit ${limit}) as waiting`.execute(db);
  return rows[0]?.count ?? 0;
}
