/**
 * The six tables that all later ones refer to: tenants, their projects, their products, their ways to sign in, their
 * API keys, and the audit log. Owned rows go with their tenant; the audit log outlives it.
 */
import { type Kysely, sql } from 'kysely';

// Migrations are frozen in time, so they know no row types.
type AnyDatabase = Kysely<unknown>;

export async function up(db: AnyDatabase): Promise<void> {
  await sql`create type tenant_status as enum ('demo', 'trial', 'active', 'frozen', 'archived')`.execute(db);
  await sql`create type tenant_kind as enum ('customer', 'demo')`.execute(db);
  await sql`create type idp_kind as enum ('oidc', 'saml')`.execute(db);
  await sql`create type tenant_project_status as enum ('active', 'archived')`.execute(db);

  await sql`
    create table tenants (
      id uuid not null default gen_random_uuid(),
      slug text not null,
      name text not null,
      status tenant_status not null,
      kind tenant_kind not null default 'customer',
      plan text,
      erp_id text,
      stripe_id text,
      trial_ends_at timestamptz,
      contract_starts_on date,
      contract_ends_on date,
      sales_owner text,
      frozen_at timestamptz,
      archived_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint tenants_pkey primary key (id),
      constraint tenants_slug_key unique (slug),
      constraint tenants_slug_check check (slug ~ '^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$'),
      constraint tenants_contract_dates_check check (contract_ends_on >= contract_starts_on)
    )`.execute(db);
  await sql`create index tenants_status_idx on tenants (status)`.execute(db);

  // (tenant_id, id) is unique so that rows inside a tenant can point at a project and its tenant at once.
  await sql`
    create table tenant_projects (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid not null,
      slug text not null,
      name text not null,
      description text,
      status tenant_project_status not null default 'active',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint tenant_projects_pkey primary key (id),
      constraint tenant_projects_tenant_id_slug_key unique (tenant_id, slug),
      constraint tenant_projects_tenant_id_id_key unique (tenant_id, id),
      constraint tenant_projects_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete cascade
    )`.execute(db);

  // The primary key lets a tenant have a product once.
  await sql`
    create table tenant_products (
      tenant_id uuid not null,
      product text not null,
      source text not null default 'contract',
      config jsonb not null default '{}',
      starts_at timestamptz not null default now(),
      ends_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint tenant_products_pkey primary key (tenant_id, product),
      constraint tenant_products_source_check check (source in ('contract', 'trial', 'demo')),
      constraint tenant_products_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete cascade
    )`.execute(db);

  await sql`
    create table tenant_idp_config (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid not null,
      kind idp_kind not null,
      alias text not null,
      issuer text not null,
      client_id text,
      client_secret_ref text,
      metadata jsonb not null default '{}',
      claim_mappings jsonb not null default '{}',
      required_acr text[] not null default '{}',
      required_amr text[] not null default '{}',
      jit_policy text not null default 'deny',
      status text not null default 'active',
      verified_at timestamptz,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint tenant_idp_config_pkey primary key (id),
      constraint tenant_idp_config_jit_policy_check check (jit_policy in ('allow', 'deny')),
      constraint tenant_idp_config_status_check check (status in ('active', 'degraded', 'deactivated')),
      constraint tenant_idp_config_version_check check (version > 0),
      constraint tenant_idp_config_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete cascade
    )`.execute(db);
  // Only one may be active for an issuer; the others are the history of how the tenant signed in.
  await sql`
    create unique index tenant_idp_config_tenant_id_issuer_key on tenant_idp_config (tenant_id, issuer)
    where status = 'active'`.execute(db);

  // A key bound to a project is bound to a project of its own tenant: hence the composite foreign key.
  await sql`
    create table api_keys (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid not null,
      project_id uuid,
      name text not null,
      prefix text not null,
      hash text not null,
      hash_algo text not null default 'argon2id',
      scopes text[] not null default '{}',
      expires_at timestamptz,
      last_used_at timestamptz,
      revoked_at timestamptz,
      created_at timestamptz not null default now(),
      constraint api_keys_pkey primary key (id),
      constraint api_keys_hash_key unique (hash),
      constraint api_keys_hash_algo_check check (hash_algo = 'argon2id'),
      constraint api_keys_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete cascade,
      constraint api_keys_tenant_id_project_id_fkey foreign key (tenant_id, project_id)
        references tenant_projects (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`create index api_keys_prefix_idx on api_keys (prefix) where revoked_at is null`.execute(db);

  // tenant_slug is a copy, which still names the tenant when it is gone and tenant_id is null.
  await sql`
    create table audit_log (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid,
      tenant_slug text,
      product text,
      project_id uuid,
      actor_type text not null,
      actor_id text not null,
      actor_name text,
      action text not null,
      target_type text,
      target_id text,
      target_name text,
      description text,
      metadata jsonb not null default '{}',
      source_ip inet,
      request_id text,
      is_failure boolean not null default false,
      occurred_at timestamptz not null default now(),
      created_at timestamptz not null default now(),
      constraint audit_log_pkey primary key (id),
      constraint audit_log_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete set null
    )`.execute(db);
  await sql`create index audit_log_tenant_id_created_at_id_idx on audit_log (tenant_id, created_at desc, id desc)`.execute(
    db,
  );
  await sql`create index audit_log_product_created_at_idx on audit_log (product, created_at desc)`.execute(db);
  await sql`create index audit_log_actor_id_created_at_idx on audit_log (actor_id, created_at desc)`.execute(db);

  // clock_timestamp, not now(): two updates in one transaction still differ.
  await sql`
    create function set_updated_at() returns trigger language plpgsql as $$
    begin
      new.updated_at = clock_timestamp();
      return new;
    end
    $$`.execute(db);
  for (const table of ['tenants', 'tenant_projects', 'tenant_products', 'tenant_idp_config']) {
    await sql`
      create trigger ${sql.id(`${table}_set_updated_at`)} before update on ${sql.table(table)}
      for each row execute function set_updated_at()`.execute(db);
  }

  // The one change let through is the foreign key's own "on delete set null": it runs inside a trigger of the
  // database (depth 2) and touches nothing but tenant_id.
  await sql`
    create function refuse_audit_log_change() returns trigger language plpgsql as $$
    begin
      if tg_op = 'UPDATE' and pg_trigger_depth() > 1
        and old.tenant_id is not null and new.tenant_id is null
        and to_jsonb(new) - 'tenant_id' = to_jsonb(old) - 'tenant_id'
      then
        return new;
      end if;
      raise exception 'audit_log is append-only' using errcode = 'restrict_violation', constraint = 'audit_log_append_only';
    end
    $$`.execute(db);
  await sql`
    create trigger audit_log_append_only before update or delete on audit_log
    for each row execute function refuse_audit_log_change()`.execute(db);
  await sql`
    create trigger audit_log_no_truncate before truncate on audit_log
    for each statement execute function refuse_audit_log_change()`.execute(db);
}

export async function down(db: AnyDatabase): Promise<void> {
  for (const table of ['audit_log', 'api_keys', 'tenant_idp_config', 'tenant_products', 'tenant_projects', 'tenants']) {
    await sql`drop table ${sql.table(table)}`.execute(db);
  }
  await sql`drop function refuse_audit_log_change()`.execute(db);
  await sql`drop function set_updated_at()`.execute(db);
  for (const type of ['tenant_project_status', 'idp_kind', 'tenant_kind', 'tenant_status']) {
    await sql`drop type ${sql.id(type)}`.execute(db);
  }
}
