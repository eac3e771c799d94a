/**
 * The outbox becomes a queue in the order of its rows, and beside it comes the log: every committed event at a position
 * that has no gap before it. One process at a time moves events from the queue to the log, whoever holds the row of
 * event_head (docs/decisions/0028-the-order-of-events.md). No foreign key: events outlive what they tell of.
 */
import { type Kysely, sql } from 'kysely';
import { isolateTenantTable } from './steps/tenant-table.v1.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`drop index outbox_events_occurred_at_idx`.execute(db);
  await sql`
    alter table outbox_events
      drop column dispatched_at, add column seq bigint, add column project_id uuid, add column product text`.execute(
    db,
  );
  // What waited before there was a log keeps the order of its time, and learns of its project from its audit row.
  await sql`
    update outbox_events o set seq = n.seq, project_id = a.project_id, product = a.product
    from (select id, row_number() over (order by occurred_at, id) as seq from outbox_events) n
      left join audit_log a on a.id = n.id
    where o.id = n.id`.execute(db);
  await sql`
    alter table outbox_events
      alter column seq set not null,
      alter column seq add generated always as identity,
      add constraint outbox_events_seq_key unique (seq)`.execute(db);
  await sql`
    select setval(pg_get_serial_sequence('outbox_events', 'seq'), (select coalesce(max(seq), 0) + 1 from outbox_events), false)`.execute(
    db,
  );
  await sql`
    create table events (
      position bigint not null,
      id uuid not null,
      tenant_id uuid,
      project_id uuid,
      product text,
      aggregate_type text not null,
      aggregate_id text not null,
      event_type text not null,
      payload jsonb not null,
      occurred_at timestamptz not null,
      recorded_at timestamptz not null default now(),
      constraint events_pkey primary key (position),
      constraint events_id_key unique (id)
    )`.execute(db);
  // An expression, for which the planner cannot take the primary key and pass over the events of all others. It is one
  // that leaks nothing: under row-level security a sum could not bound the scan of an index.
  await sql`create index events_tenant_id_position_idx on events (tenant_id, greatest(position, 0))`.execute(db);
  await sql`
    create function refuse_event_change() returns trigger language plpgsql as $$
    begin
      raise exception 'events never change' using errcode = 'restrict_violation', constraint = 'events_unchanged';
    end
    $$`.execute(db);
  await sql`
    create trigger events_unchanged before update on events
    for each row execute function refuse_event_change()`.execute(db);
  await isolateTenantTable(db, { table: 'events', grants: 'select', projectColumn: 'project_id' });
  await sql`
    create table event_head (
      id smallint not null default 1,
      position bigint not null,
      constraint event_head_pkey primary key (id),
      constraint event_head_one_row_check check (id = 1)
    )`.execute(db);
  await sql`insert into event_head (position) values (0)`.execute(db);
  await sql`
    create table event_relays (
      name text not null,
      position bigint not null,
      event_id uuid,
      lease_id uuid,
      lease_until timestamptz,
      constraint event_relays_pkey primary key (name),
      constraint event_relays_lease_check check ((lease_id is null) = (lease_until is null))
    )`.execute(db);
}

/** What is in the log goes back to the queue, so that nothing is lost that was not yet told. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table outbox_events alter column seq drop identity, drop constraint outbox_events_seq_key`.execute(
    db,
  );
  await sql`
    insert into outbox_events (id, tenant_id, aggregate_type, aggregate_id, event_type, payload, occurred_at, seq)
    select id, tenant_id, aggregate_type, aggregate_id, event_type, payload, occurred_at, position from events`.execute(
    db,
  );
  for (const table of ['event_relays', 'event_head', 'events']) await sql`drop table ${sql.table(table)}`.execute(db);
  await sql`drop function refuse_event_change()`.execute(db);
  await sql`
    alter table outbox_events
      add column dispatched_at timestamptz, drop column seq, drop column project_id, drop column product`.execute(db);
  await sql`
    create index outbox_events_occurred_at_idx on outbox_events (occurred_at)
    where dispatched_at is null`.execute(db);
}
