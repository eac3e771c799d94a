/**
 * Webhooks: where events are to be delivered, the secrets that sign them, every delivery and every attempt. The last
 * columns of an endpoint are its place in the queue of deliveries; they move neither updated_at nor its ETag. Deliveries
 * name their endpoint without a foreign key: a check of one would make the log wait for whoever changes an endpoint.
 */
import { type Kysely, sql } from 'kysely';
import { isolateTenantTable } from './steps/tenant-table.v1.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createEndpoints(db);
  await sql`
    create table webhook_secrets (
      id uuid not null default gen_random_uuid(),
      endpoint_id uuid not null,
      tenant_id uuid,
      sealed text not null,
      expires_at timestamptz,
      created_at timestamptz not null default now(),
      constraint webhook_secrets_pkey primary key (id),
      constraint webhook_secrets_endpoint_id_fkey foreign key (endpoint_id)
        references webhook_endpoints (id) on delete cascade
    )`.execute(db);
  await sql`create index webhook_secrets_endpoint_id_idx on webhook_secrets (endpoint_id)`.execute(db);
  await createDeliveries(db);
  await isolateTenantTable(db, {
    table: 'webhook_endpoints',
    grants: 'select, insert, update, delete',
  });
  await isolateTenantTable(db, { table: 'webhook_secrets', grants: 'select, insert, update (expires_at), delete' });
  await isolateTenantTable(db, {
    table: 'webhook_deliveries',
    grants: 'select, insert, update (state, attempts, next_attempt_at)',
  });
  await isolateTenantTable(db, { table: 'webhook_attempts', grants: 'select' });
}

async function createEndpoints(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table webhook_endpoints (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid,
      url text not null,
      description text,
      event_types text[] not null,
      ordering text not null default 'aggregate',
      format text not null default 'json',
      signature text not null default 'hmac',
      public_key text,
      status text not null default 'active',
      disabled_reason text,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      failures int not null default 0,
      failing_since timestamptz,
      last_ok_ms int,
      next_at timestamptz,
      lease_id uuid,
      lease_until timestamptz,
      given_up int not null default 0,
      given_up_since timestamptz,
      given_up_told_at timestamptz,
      constraint webhook_endpoints_pkey primary key (id),
      constraint webhook_endpoints_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete cascade,
      constraint webhook_endpoints_url_check check (char_length(url) between 1 and 2000),
      constraint webhook_endpoints_event_types_check check (cardinality(event_types) between 1 and 100),
      constraint webhook_endpoints_ordering_check check (ordering in ('aggregate', 'endpoint')),
      constraint webhook_endpoints_format_check check (format in ('json', 'cloudevents')),
      constraint webhook_endpoints_signature_check check (signature in ('hmac', 'ed25519')),
      constraint webhook_endpoints_public_key_check check ((signature = 'ed25519') = (public_key is not null)),
      constraint webhook_endpoints_status_check check (status in ('active', 'disabled')),
      constraint webhook_endpoints_disabled_reason_check check (disabled_reason in ('requested', 'gone', 'failing')),
      constraint webhook_endpoints_disabled_check check ((status = 'disabled') = (disabled_reason is not null)),
      constraint webhook_endpoints_lease_check check ((lease_id is null) = (lease_until is null)),
      constraint webhook_endpoints_given_up_check check ((given_up > 0) = (given_up_since is not null))
    )`.execute(db);
  await sql`create index webhook_endpoints_tenant_id_id_idx on webhook_endpoints (tenant_id, id)`.execute(db);
  await sql`
    create index webhook_endpoints_next_at_idx on webhook_endpoints (next_at) where next_at is not null`.execute(db);
  await sql`
    create trigger webhook_endpoints_set_updated_at
    before update of url, description, event_types, ordering, format, signature, public_key, status, disabled_reason
    on webhook_endpoints for each row execute function set_updated_at()`.execute(db);
}

async function createDeliveries(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table webhook_deliveries (
      id uuid not null default gen_random_uuid(),
      endpoint_id uuid not null,
      tenant_id uuid,
      event_id uuid not null,
      event_type text not null,
      position bigint not null,
      aggregate text not null,
      state text not null default 'pending',
      attempts int not null default 0,
      next_attempt_at timestamptz not null default now(),
      replay_of uuid,
      created_at timestamptz not null default now(),
      constraint webhook_deliveries_pkey primary key (id),
      constraint webhook_deliveries_state_check check (state in ('pending', 'succeeded', 'failed', 'canceled'))
    )`.execute(db);
  await sql`
    create index webhook_deliveries_endpoint_id_position_id_idx
    on webhook_deliveries (endpoint_id, position, id)`.execute(db);
  await sql`
    create index webhook_deliveries_pending_idx
    on webhook_deliveries (endpoint_id, position, id) where state = 'pending'`.execute(db);
  // By it they are pruned with their events.
  await sql`create index webhook_deliveries_position_idx on webhook_deliveries (position)`.execute(db);
  await sql`
    create table webhook_attempts (
      delivery_id uuid not null,
      tenant_id uuid,
      n int not null,
      started_at timestamptz not null,
      duration_ms int not null,
      status int,
      error text,
      excerpt text,
      constraint webhook_attempts_pkey primary key (delivery_id, n),
      constraint webhook_attempts_delivery_id_fkey foreign key (delivery_id)
        references webhook_deliveries (id) on delete cascade
    )`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const table of ['webhook_attempts', 'webhook_deliveries', 'webhook_secrets', 'webhook_endpoints'])
    await sql`drop table ${sql.table(table)}`.execute(db);
}
