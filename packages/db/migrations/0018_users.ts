/**
 * The people of a tenant, how they are known and how they come in: users with the subject that their provider knows them
 * by, browser sessions, one-time links to set a password, and sign-ins that are under way at a provider. Cookies, links
 * and passwords are kept as hashes alone. Identity outlives no tenant and goes with none by itself: it restricts the
 * deletion of its tenant, so whoever deletes one has to say so for its people too. A project may have an owner, whose
 * deletion takes it along.
 */
import { type Kysely, sql } from 'kysely';
import { isolateTenantTable } from './steps/tenant-table.v1.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  // A subject is `issuer|sub` of a provider, `local:` of a password, or `scim:` until its first sign-in.
  await sql`
    create table users (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid not null,
      external_subject text not null,
      email text,
      user_name text,
      display_name text not null,
      roles text[] not null default '{}',
      profile jsonb not null default '{}',
      external_id text,
      provisioned_by text not null default 'api',
      password_hash text,
      last_sign_in_at timestamptz,
      disabled_at timestamptz,
      deleted_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint users_pkey primary key (id),
      constraint users_tenant_id_id_key unique (tenant_id, id),
      constraint users_tenant_id_external_subject_key unique (tenant_id, external_subject),
      constraint users_roles_check check (roles <@ array['admin', 'billing', 'member']),
      constraint users_provisioned_by_check check (provisioned_by in ('api', 'sign_in', 'scim')),
      constraint users_password_hash_check check (
        password_hash is null
        or (password_hash ~ '^argon2id(-[a-z0-9]+)?[|][A-Za-z0-9_-]+[|][A-Za-z0-9_-]+$' and external_subject like 'local:%')
      ),
      constraint users_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete restrict
    )`.execute(db);
  await sql`create unique index users_tenant_id_email_key on users (tenant_id, lower(email))`.execute(db);
  await sql`create unique index users_tenant_id_user_name_key on users (tenant_id, lower(user_name))`.execute(db);
  await sql`
    create index users_tenant_id_external_id_idx on users (tenant_id, external_id) where external_id is not null`.execute(
    db,
  );
  await keepUpdatedAt(db, 'users');
  await isolateTenantTable(db, {
    table: 'users',
    grants: `select (${shown}), insert (${shown}), update (email, user_name, display_name, roles, profile, disabled_at, updated_at)`,
  });

  // A session names the configuration through which it began, and ends with it.
  await sql`
    alter table tenant_idp_config
      add constraint tenant_idp_config_tenant_id_id_key unique (tenant_id, id)`.execute(db);
  await sql`
    create table user_sessions (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid not null,
      user_id uuid not null,
      idp_config_id uuid,
      session_hash bytea not null,
      source_ip inet,
      created_at timestamptz not null default now(),
      last_seen_at timestamptz not null default now(),
      expires_at timestamptz not null,
      revoked_at timestamptz,
      constraint user_sessions_pkey primary key (id),
      constraint user_sessions_session_hash_key unique (session_hash),
      constraint user_sessions_session_hash_check check (octet_length(session_hash) = 32),
      constraint user_sessions_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete restrict,
      constraint user_sessions_tenant_id_user_id_fkey foreign key (tenant_id, user_id)
        references users (tenant_id, id) on delete cascade,
      constraint user_sessions_tenant_id_idp_config_id_fkey foreign key (tenant_id, idp_config_id)
        references tenant_idp_config (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`create index user_sessions_tenant_id_user_id_idx on user_sessions (tenant_id, user_id, id)`.execute(db);
  await sql`create index user_sessions_expires_at_idx on user_sessions (expires_at)`.execute(db);
  await sql`
    create index user_sessions_tenant_id_idp_config_id_idx on user_sessions (tenant_id, idp_config_id)
    where idp_config_id is not null`.execute(db);
  await isolateTenantTable(db, {
    table: 'user_sessions',
    grants:
      'select (id, tenant_id, user_id, idp_config_id, source_ip, created_at, last_seen_at, expires_at, revoked_at), update (revoked_at)',
  });

  // One for each user: a new one replaces it.
  await sql`
    create table password_links (
      user_id uuid not null,
      tenant_id uuid not null,
      token_hash bytea not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      constraint password_links_pkey primary key (user_id),
      constraint password_links_token_hash_key unique (token_hash),
      constraint password_links_token_hash_check check (octet_length(token_hash) = 32),
      constraint password_links_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete restrict,
      constraint password_links_tenant_id_user_id_fkey foreign key (tenant_id, user_id)
        references users (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`create index password_links_expires_at_idx on password_links (expires_at)`.execute(db);
  await sql`create index password_links_tenant_id_idx on password_links (tenant_id)`.execute(db);
  await isolateTenantTable(db, { table: 'password_links', grants: null });

  // Keyed by the hash of the flow's cookie, so a copy of the table continues no sign-in.
  await sql`
    create table sign_in_flows (
      flow_hash bytea not null,
      tenant_id uuid not null,
      idp_config_id uuid not null,
      idp_config_version integer not null,
      return_to text not null,
      rehearsal boolean not null default false,
      network text,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      constraint sign_in_flows_pkey primary key (flow_hash),
      constraint sign_in_flows_flow_hash_check check (octet_length(flow_hash) = 32),
      constraint sign_in_flows_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete restrict,
      constraint sign_in_flows_tenant_id_idp_config_id_fkey foreign key (tenant_id, idp_config_id)
        references tenant_idp_config (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`create index sign_in_flows_expires_at_idx on sign_in_flows (expires_at)`.execute(db);
  await sql`create index sign_in_flows_tenant_id_created_at_idx on sign_in_flows (tenant_id, created_at)`.execute(db);
  await sql`
    create index sign_in_flows_tenant_id_network_created_at_idx on sign_in_flows (tenant_id, network, created_at)`.execute(
    db,
  );
  await isolateTenantTable(db, { table: 'sign_in_flows', grants: null });

  await sql`
    alter table tenant_projects
      add column owner_user_id uuid,
      add constraint tenant_projects_tenant_id_owner_user_id_fkey foreign key (tenant_id, owner_user_id)
        references users (tenant_id, id) on delete cascade`.execute(db);
  await sql`
    create index tenant_projects_tenant_id_owner_user_id_idx on tenant_projects (tenant_id, owner_user_id)
    where owner_user_id is not null`.execute(db);
}

/** All but the hash of the password. */
const shown =
  'id, tenant_id, external_subject, email, user_name, display_name, roles, profile, external_id, provisioned_by, last_sign_in_at, disabled_at, deleted_at, created_at, updated_at';

async function keepUpdatedAt(db: Kysely<unknown>, table: string): Promise<void> {
  await sql`
    create trigger ${sql.id(`${table}_set_updated_at`)} before update on ${sql.table(table)}
    for each row execute function set_updated_at()`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table tenant_projects
      drop constraint tenant_projects_tenant_id_owner_user_id_fkey,
      drop column owner_user_id`.execute(db);
  for (const table of ['sign_in_flows', 'password_links', 'user_sessions', 'users'])
    await sql`drop table ${sql.table(table)}`.execute(db);
  await sql`alter table tenant_idp_config drop constraint tenant_idp_config_tenant_id_id_key`.execute(db);
}
