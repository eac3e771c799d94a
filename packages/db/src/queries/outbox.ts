/** Events that wait for delivery, written in the transaction of the change that they report. */
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

/**
 * Deletes up to `limit` undispatched events that happened more than so many days ago, and returns how many. The database's
 * clock decides, because a process whose clock is ahead would take events away that are still wanted. Events that another
 * replica is deleting are passed over.
 */
export async function deleteOldOutboxEvents(db: Db, days: number, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from outbox_events where id in (
      select id from outbox_events
      where dispatched_at is null and occurred_at < now() - make_interval(days => ${days}::int)
      order by occurred_at limit ${limit} for update skip locked)`.execute(db);
  return Number(numAffectedRows);
}
