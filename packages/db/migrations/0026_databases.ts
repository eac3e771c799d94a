/**
 * Managed databases: what was ordered, and how far its making is. A database of a tenant is one row of `databases` from its
 * order on, for ever; only a tenant that goes takes it along. What the passes of the reconciler keep for themselves is one
 * row of `database_work` beside it, so that a pass that changes nothing moves no `updated_at`. Neither has a column for a
 * user, a password or a name of a database: those are in the secret that `secret_name` names.
 */
import { type Kysely, sql } from 'kysely';
import { isolateTenantTable } from './steps/tenant-table.v1.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  // A group that gets another slug takes the databases of its team along.
  await sql`alter table groups add constraint groups_tenant_id_id_slug_key unique (tenant_id, id, slug)`.execute(db);
  await createDatabases(db);
  await createWork(db);
  await wakeWithTenant(db);
}

async function createDatabases(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table databases (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid not null,
      project_id uuid,
      name text not null,
      owner_team text not null,
      owner_group_id uuid,
      purpose text not null default '',
      tier text not null,
      provisioner text not null,
      namespace text not null default 'default',
      cluster_name text not null,
      pooler_name text not null,
      spec jsonb not null,
      overrides jsonb not null default '{}',
      generation int not null default 1,
      status text not null default 'provisioning',
      reason text not null default 'queued',
      message text,
      since timestamptz not null default now(),
      in_sync boolean not null default false,
      conditions jsonb not null default '[]',
      host text,
      port int,
      sslmode text,
      secret_name text,
      deletion_policy text not null default 'retain',
      deletion_protection boolean not null default false,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      deleted_at timestamptz,
      constraint databases_pkey primary key (id),
      constraint databases_tenant_id_id_key unique (tenant_id, id),
      constraint databases_provisioner_namespace_cluster_name_key unique (provisioner, namespace, cluster_name),
      constraint databases_name_check check (name ~ '^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$'),
      constraint databases_owner_team_check check (char_length(owner_team) between 1 and 255),
      constraint databases_owner_group_id_check check ((status = 'deleted') = (owner_group_id is null)),
      constraint databases_generation_check check (generation > 0),
      constraint databases_status_check check (status in ('provisioning', 'ready', 'error', 'deleting', 'deleted')),
      constraint databases_ready_has_endpoint_check
        check (status <> 'ready' or num_nulls(host, port, sslmode, secret_name) = 0),
      constraint databases_deletion_policy_check check (deletion_policy in ('retain', 'destroy', 'abandon')),
      constraint databases_deleted_at_check check ((status = 'deleted') = (deleted_at is not null)),
      constraint databases_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete restrict,
      constraint databases_tenant_id_project_id_fkey foreign key (tenant_id, project_id)
        references tenant_projects (tenant_id, id) on delete restrict,
      constraint databases_tenant_id_owner_group_id_owner_team_fkey
        foreign key (tenant_id, owner_group_id, owner_team)
        references groups (tenant_id, id, slug) on update cascade on delete restrict
    )`.execute(db);
  await sql`
    create unique index idx_databases_name_active on databases (tenant_id, name) where deleted_at is null`.execute(db);
  await sql`create index idx_databases_owner_team on databases (tenant_id, owner_team, id)`.execute(db);
  await sql`create index idx_databases_status on databases (status, id)`.execute(db);
  await sql`
    create index idx_databases_owner_team_status on databases (tenant_id, owner_team, status, id)`.execute(db);
  await sql`create index databases_tenant_id_project_id_id_idx on databases (tenant_id, project_id, id)`.execute(db);
  await sql`
    create index databases_owner_group_id_idx on databases (owner_group_id) where owner_group_id is not null`.execute(
    db,
  );
  await sql`
    create trigger databases_set_updated_at before update on databases
    for each row execute function set_updated_at()`.execute(db);
  await isolateTenantTable(db, { table: 'databases', grants: 'select, insert, update', projectColumn: 'project_id' });
}

async function createWork(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table database_work (
      database_id uuid not null,
      tenant_id uuid not null,
      project_id uuid,
      provisioner text not null,
      attempts int not null default 0,
      error_message text,
      next_reconcile_at timestamptz,
      deadline_at timestamptz,
      lease_id uuid,
      lease_until timestamptz,
      observed_generation int not null default 0,
      external_uid text,
      login_slot text not null default 'a',
      rotation_grace_seconds int,
      old_login_until timestamptz,
      constraint database_work_pkey primary key (database_id),
      constraint database_work_login_slot_check check (login_slot in ('a', 'b')),
      constraint database_work_lease_check check ((lease_id is null) = (lease_until is null)),
      constraint database_work_rotation_check check (rotation_grace_seconds is null or old_login_until is null),
      constraint database_work_tenant_id_database_id_fkey foreign key (tenant_id, database_id)
        references databases (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`
    create index database_work_provisioner_next_reconcile_at_idx
    on database_work (provisioner, next_reconcile_at) where next_reconcile_at is not null`.execute(db);
  await sql`create index database_work_tenant_id_database_id_idx on database_work (tenant_id, database_id)`.execute(db);
  await isolateTenantTable(db, {
    table: 'database_work',
    grants: 'select, insert, update',
    projectColumn: 'project_id',
  });
}

/**
 * Whatever changes the status of a tenant, its databases are looked at: they sleep and wake with it. Those in error wait for a
 * person otherwise, but clients may get into one of them still, so they are looked at once their tenant does not go on.
 */
async function wakeWithTenant(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function reconcile_databases_of_tenant() returns trigger language plpgsql security definer
    set search_path from current as $$
    begin
      update database_work set next_reconcile_at = least(next_reconcile_at, now())
      where tenant_id = new.id and (next_reconcile_at is not null or (
        new.status in ('frozen', 'archived')
        and exists (select from databases d where d.id = database_id and d.status = 'error')
      ));
      return null;
    end
    $$`.execute(db);
  await sql`revoke execute on function reconcile_databases_of_tenant() from public`.execute(db);
  await sql`
    create trigger tenants_reconcile_databases after update of status on tenants
    for each row when (old.status is distinct from new.status)
    execute function reconcile_databases_of_tenant()`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop trigger tenants_reconcile_databases on tenants`.execute(db);
  await sql`drop function reconcile_databases_of_tenant()`.execute(db);
  await sql`drop table database_work`.execute(db);
  await sql`drop table databases`.execute(db);
  await sql`alter table groups drop constraint groups_tenant_id_id_slug_key`.execute(db);
}
