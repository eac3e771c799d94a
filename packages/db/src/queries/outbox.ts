/** Events that wait to be told to others, written with the change that they tell of. */
import type { Insertable } from 'kysely';
import type { Tx } from '../handles.ts';
import type { OutboxEvents } from '../schema.ts';
import { json } from '../types.ts';

export type NewOutboxEvent = Omit<Insertable<OutboxEvents>, 'payload'> & { payload: Record<string, unknown> };

export async function appendOutboxEvent(tx: Tx, { payload, ...event }: NewOutboxEvent): Promise<void> {
  await tx
    .insertInto('outbox_events')
    .values({ ...event, payload: json(payload) })
    .execute();
}
