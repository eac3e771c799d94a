/**
 * Requests of tenants for products, and the trials that they used up. A tenant may try a product once, also when the
 * entitlement is long gone, so each trial leaves a row here. A trial ends by itself: ended_at says that its end was
 * reported, so that only one of several sweepers reports it. The partial indexes hold only rows that the sweepers wait
 * for.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table catalog_requests (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid not null,
      product text not null,
      kind text not null,
      state text not null default 'open',
      message text,
      requested_by text not null,
      decided_by text,
      decided_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint catalog_requests_pkey primary key (id),
      constraint catalog_requests_kind_check check (kind in ('request', 'trial')),
      constraint catalog_requests_state_check check (state in ('open', 'granted', 'rejected')),
      constraint catalog_requests_decided_at_check check ((state = 'open') = (decided_at is null)),
      constraint catalog_requests_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete cascade
    )`.execute(db);
  await sql`
    create trigger catalog_requests_set_updated_at before update on catalog_requests
    for each row execute function set_updated_at()`.execute(db);
  await sql`
    create unique index catalog_requests_tenant_id_product_key on catalog_requests (tenant_id, product)
    where state = 'open'`.execute(db);
  await sql`
    create unique index catalog_requests_tenant_id_product_trial_key on catalog_requests (tenant_id, product)
    where kind = 'trial'`.execute(db);
  await sql`create index catalog_requests_tenant_id_id_idx on catalog_requests (tenant_id, id)`.execute(db);
  await sql`create index catalog_requests_state_id_idx on catalog_requests (state, id)`.execute(db);

  await sql`alter table tenant_products add column ended_at timestamptz`.execute(db);
  await sql`
    create index tenant_products_ends_at_idx on tenant_products (ends_at)
    where source = 'trial' and ended_at is null`.execute(db);
  await sql`create index tenants_trial_ends_at_idx on tenants (trial_ends_at) where status = 'trial'`.execute(db);
  await sql`create index tenants_frozen_at_idx on tenants (frozen_at) where status = 'frozen'`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index tenants_frozen_at_idx`.execute(db);
  await sql`drop index tenants_trial_ends_at_idx`.execute(db);
  await sql`drop index tenant_products_ends_at_idx`.execute(db);
  await sql`alter table tenant_products drop column ended_at`.execute(db);
  await sql`drop table catalog_requests`.execute(db);
}
