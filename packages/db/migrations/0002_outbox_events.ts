/**
 * Every change of state leaves an event here in its own transaction, so that a webhook or a feed can never tell of a
 * change that was rolled back, nor miss one that was committed. tenant_id has no foreign key: the event of a deleted
 * tenant must still go out.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table outbox_events (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid,
      aggregate_type text not null,
      aggregate_id text not null,
      event_type text not null,
      payload jsonb not null,
      occurred_at timestamptz not null default now(),
      dispatched_at timestamptz,
      constraint outbox_events_pkey primary key (id)
    )`.execute(db);
  // Claimed by row, never by an id cursor: ids commit out of order, and a cursor would skip the late ones.
  await sql`
    create index outbox_events_occurred_at_idx on outbox_events (occurred_at)
    where dispatched_at is null`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table outbox_events`.execute(db);
}
