/**
 * The audit log becomes a Merkle log for each tenant (docs/decisions/0039-the-audit-log-is-proved.md): a trigger gives each
 * new row a ticket, whoever holds the row of audit_head seals rows that have one as leaves, and signed checkpoints say what
 * was sealed. Rows may be blanked, deleted and let go of by open jobs alone, which leave sealed records. The column tenant_id
 * of these tables is the id of the log: the nil UUID for the platform's, and ffffffff-… for the log of all checkpoints. No
 * foreign key: a log outlives its tenant.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { isolateTenantTable } from './steps/tenant-table.v1.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await extendAuditLog(db);
  await createLogs(db);
  await createJobs(db);
  await createRules(db);
  await queueNewRows(db);
  await letJobsChangeRows(db);
}

async function extendAuditLog(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table audit_log
      add column crud text, add column external_id text, add column extra jsonb,
      add constraint audit_log_crud_check check (crud in ('c', 'r', 'u', 'd'))`.execute(db);
  // Of tenants that are gone alone, so that rows of the living do not pay for it.
  await sql`
    create index audit_log_tenant_slug_created_at_id_idx on audit_log (tenant_slug, created_at desc, id desc)
    where tenant_id is null`.execute(db);
}

async function createLogs(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table audit_head (
      id smallint not null default 1,
      constraint audit_head_pkey primary key (id),
      constraint audit_head_one_row_check check (id = 1)
    )`.execute(db);
  await sql`insert into audit_head default values`.execute(db);
  await sql`
    create table audit_unsealed (
      event_id uuid not null,
      tenant_id uuid not null,
      constraint audit_unsealed_pkey primary key (event_id)
    )`.execute(db);
  // The frontier: the hashes of the perfect subtrees of the log, from the largest to the smallest.
  await sql`
    create table audit_logs (
      tenant_id uuid not null,
      size bigint not null,
      frontier bytea not null,
      checked_size bigint not null default 0,
      prune_at timestamptz,
      prune_from bigint not null default 0,
      constraint audit_logs_pkey primary key (tenant_id),
      constraint audit_logs_size_check check (0 <= checked_size and checked_size <= size),
      constraint audit_logs_frontier_check check (octet_length(frontier) % 32 = 0)
    )`.execute(db);
  await sql`create index audit_logs_grown_idx on audit_logs (tenant_id) where size > checked_size`.execute(db);
  await sql`create index audit_logs_prune_at_idx on audit_logs (prune_at)`.execute(db);
  // A leaf of a row has both hashes; its salts go when the row is blanked. A leaf of the log of checkpoints has none.
  await sql`
    create table audit_leaves (
      tenant_id uuid not null,
      index bigint not null,
      event_id uuid,
      hash bytea not null,
      who_hash bytea,
      what_hash bytea,
      who_salt bytea,
      what_salt bytea,
      constraint audit_leaves_pkey primary key (tenant_id, index),
      constraint audit_leaves_event_id_key unique (event_id),
      constraint audit_leaves_index_check check (index >= 0),
      constraint audit_leaves_hash_check check (octet_length(hash) = 32),
      constraint audit_leaves_groups_check check (
        (event_id is null) = (who_hash is null) and (event_id is null) = (what_hash is null)
        and octet_length(who_hash) = 32 and octet_length(what_hash) = 32
      ),
      constraint audit_leaves_salts_check check (octet_length(who_salt) = 16 and octet_length(what_salt) = 16)
    )`.execute(db);
  await sql`
    create table audit_tiles (
      tenant_id uuid not null,
      level smallint not null,
      tile bigint not null,
      hashes bytea not null,
      constraint audit_tiles_pkey primary key (tenant_id, level, tile),
      constraint audit_tiles_place_check check (level >= 0 and tile >= 0),
      constraint audit_tiles_hashes_check check (octet_length(hashes) between 32 and 8192 and octet_length(hashes) % 32 = 0)
    )`.execute(db);
  // Hashes do not compress.
  await sql`alter table audit_tiles alter column hashes set storage external`.execute(db);
  await sql`
    create table audit_checkpoints (
      tenant_id uuid not null,
      size bigint not null,
      root bytea not null,
      note text not null,
      registry_index bigint,
      created_at timestamptz not null default now(),
      constraint audit_checkpoints_pkey primary key (tenant_id, size),
      constraint audit_checkpoints_registry_index_key unique (registry_index),
      constraint audit_checkpoints_size_check check (size > 0),
      constraint audit_checkpoints_root_check check (octet_length(root) = 32),
      constraint audit_checkpoints_registry_check check (
        (registry_index is null) = (tenant_id = 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      )
    )`.execute(db);
  await isolateTenantTable(db, { table: 'audit_unsealed', grants: null });
  for (const table of ['audit_logs', 'audit_leaves', 'audit_tiles', 'audit_checkpoints'])
    await isolateTenantTable(db, { table, grants: 'select' });
}

async function createJobs(db: Kysely<unknown>): Promise<void> {
  // Whom a redaction is about is what has to be forgotten: it stands here while the job is open, and no longer.
  await sql`
    create table audit_jobs (
      id uuid not null,
      kind text not null,
      tenant_id uuid not null,
      status text not null default 'open',
      actor_id text,
      target_id text,
      source_ip inet,
      product text,
      groups text[] not null default '{}',
      reason text,
      next_index bigint not null default 0,
      until_index bigint,
      rows_read bigint not null default 0,
      rows_changed bigint not null default 0,
      created_at timestamptz not null default now(),
      turn_at timestamptz not null default now(),
      finished_at timestamptz,
      constraint audit_jobs_pkey primary key (id),
      constraint audit_jobs_kind_check check (kind in ('redact', 'prune', 'release')),
      constraint audit_jobs_status_check check (status in ('open', 'done') and (status = 'done') = (finished_at is not null)),
      constraint audit_jobs_groups_check check (groups <@ '{who,what}' and (kind = 'redact') = (groups <> '{}')),
      constraint audit_jobs_subject_check check (
        (kind = 'redact' and status = 'open') = (actor_id is not null or target_id is not null or source_ip is not null)
      )
    )`.execute(db);
  // What people asked for: the rows of other kinds are many, and no list has them.
  for (const columns of [
    ['created_at desc', 'id desc'],
    ['tenant_id', 'created_at desc', 'id desc'],
  ]) {
    const name = `audit_jobs_${columns.map((column) => column.replace(' desc', '')).join('_')}_idx`;
    await sql`create index ${sql.id(name)} on audit_jobs (${sql.raw(columns.join(', '))}) where kind = 'redact'`.execute(
      db,
    );
  }
  await sql`create index audit_jobs_open_idx on audit_jobs (kind, turn_at, id) where status = 'open'`.execute(db);
  // What a job did to leaves, in batches. The sealed audit row with this id has the hash of the leaves.
  await sql`
    create table audit_job_records (
      event_id uuid not null,
      job_id uuid not null,
      tenant_id uuid not null,
      groups text[] not null,
      leaves int8multirange not null,
      constraint audit_job_records_pkey primary key (event_id),
      constraint audit_job_records_job_id_fkey foreign key (job_id) references audit_jobs (id),
      constraint audit_job_records_groups_check check (groups <@ '{who,what}'),
      constraint audit_job_records_leaves_check check (not isempty(leaves))
    )`.execute(db);
  await sql`create index audit_job_records_tenant_id_idx on audit_job_records (tenant_id)`.execute(db);
  await sql`create index audit_job_records_job_id_idx on audit_job_records (job_id)`.execute(db);
  for (const table of ['audit_jobs', 'audit_job_records']) await isolateTenantTable(db, { table, grants: null });
}

async function createRules(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table audit_retention (
      tenant_id uuid,
      product text,
      days int not null,
      updated_at timestamptz not null default now(),
      constraint audit_retention_tenant_id_product_key unique nulls not distinct (tenant_id, product),
      constraint audit_retention_days_check check (days between 30 and 36500)
    )`.execute(db);
  await sql`
    create trigger audit_retention_set_updated_at before update on audit_retention
    for each row execute function set_updated_at()`.execute(db);
  await sql`
    create table audit_holds (
      tenant_id uuid,
      product text,
      reason text not null,
      created_at timestamptz not null default now(),
      constraint audit_holds_tenant_id_product_key unique nulls not distinct (tenant_id, product),
      constraint audit_holds_scope_check check (tenant_id is not null or product is not null)
    )`.execute(db);
  for (const table of ['audit_retention', 'audit_holds']) await isolateTenantTable(db, { table, grants: null });
}

/** Every new row gets a ticket in its own transaction, whoever writes it; rows from before get theirs here. */
async function queueNewRows(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function queue_audit_seal() returns trigger language plpgsql security definer
      set search_path to ${await fixedPath(db)} as $$
    begin
      insert into audit_unsealed (event_id, tenant_id)
        select id, coalesce(tenant_id, '00000000-0000-0000-0000-000000000000') from added;
      return null;
    end
    $$`.execute(db);
  await sql`
    create trigger audit_log_queue_seal after insert on audit_log referencing new table as added
    for each statement execute function queue_audit_seal()`.execute(db);
  await sql`
    insert into audit_unsealed (event_id, tenant_id)
    select id, coalesce(tenant_id, '00000000-0000-0000-0000-000000000000') from audit_log`.execute(db);
}

/**
 * The triggers of 0001 and 0022, with one door: a transaction whose setting app.audit_job names an open job does what jobs of
 * its kind do. They guard against mistakes. Whoever may switch them off is found out by the log.
 */
async function letJobsChangeRows(db: Kysely<unknown>): Promise<void> {
  const path = await fixedPath(db);
  await sql`
    create function audit_job_kind() returns text language sql stable security definer
      set search_path to ${path} as $$
      select kind from audit_jobs
      where id = nullif(current_setting('app.audit_job', true), '')::uuid and status = 'open'
    $$`.execute(db);
  await sql`revoke execute on function audit_job_kind() from public`.execute(db);
  await sql`
    create or replace function refuse_audit_log_change() returns trigger language plpgsql as $$
    declare
      kind text;
      free text[];
    begin
      if tg_op = 'UPDATE' and pg_trigger_depth() > 1
        and old.tenant_id is not null and new.tenant_id is null
        and to_jsonb(new) - 'tenant_id' = to_jsonb(old) - 'tenant_id'
      then
        return new;
      end if;
      if tg_op <> 'TRUNCATE' and coalesce(current_setting('app.audit_job', true), '') <> '' then
        kind := audit_job_kind();
        -- The records of what jobs did are there for ever.
        if kind <> 'release' and old.origin = 'registry' and old.action in ('audit.redacted', 'audit.pruned') then
          kind := null;
        end if;
        if kind = 'prune' and tg_op = 'DELETE' then
          return old;
        end if;
        free := case kind
          when 'release' then array['tenant_id']
          when 'redact' then array['actor_id', 'actor_name', 'source_ip', 'reported_by',
            'target_id', 'target_name', 'description', 'metadata', 'external_id', 'extra']
        end;
        if tg_op = 'UPDATE' and to_jsonb(new) - free = to_jsonb(old) - free and (kind = 'redact' or new.tenant_id is null) then
          return new;
        end if;
      end if;
      raise exception 'audit_log is append-only' using errcode = 'restrict_violation', constraint = 'audit_log_append_only';
    end
    $$`.execute(db);
  await sql`
    create or replace function refuse_event_change() returns trigger language plpgsql as $$
    begin
      if coalesce(current_setting('app.audit_job', true), '') <> '' and audit_job_kind() = 'redact'
        and to_jsonb(new) - array['payload', 'aggregate_id'] = to_jsonb(old) - array['payload', 'aggregate_id']
      then
        return new;
      end if;
      raise exception 'events never change' using errcode = 'restrict_violation', constraint = 'events_unchanged';
    end
    $$`.execute(db);
}

/** SQL: the schema of the tables and no other, so that no table of a caller's can stand in for one of them. */
async function fixedPath(db: Kysely<unknown>): Promise<RawBuilder<unknown>> {
  const { rows } = await sql<{ schema: string }>`select current_schema() as schema`.execute(db);
  return sql`${sql.join(rows.map(({ schema }) => sql.id(schema)))}, pg_temp`;
}

/** Rows that jobs blanked or deleted stay so. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop trigger audit_log_queue_seal on audit_log`.execute(db);
  await sql`drop function queue_audit_seal()`.execute(db);
  await sql`
    create or replace function refuse_audit_log_change() returns trigger language plpgsql as $$
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
    create or replace function refuse_event_change() returns trigger language plpgsql as $$
    begin
      raise exception 'events never change' using errcode = 'restrict_violation', constraint = 'events_unchanged';
    end
    $$`.execute(db);
  await sql`drop function audit_job_kind()`.execute(db);
  for (const table of [
    'audit_holds',
    'audit_retention',
    'audit_job_records',
    'audit_jobs',
    'audit_checkpoints',
    'audit_tiles',
    'audit_leaves',
    'audit_logs',
    'audit_unsealed',
    'audit_head',
  ])
    await sql`drop table ${sql.table(table)}`.execute(db);
  await sql`drop index audit_log_tenant_slug_created_at_id_idx`.execute(db);
  await sql`
    alter table audit_log
      drop constraint audit_log_crud_check, drop column crud, drop column external_id, drop column extra`.execute(db);
}
