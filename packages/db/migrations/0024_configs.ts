/**
 * Configurations: JSON Schemas with their versions, the current value of each key, every value that it ever had, and the
 * head of each project, whose lock makes the order of its revisions the order of its commits. A key's row never goes: a
 * delete is a tombstone, so that no version of a key is given twice. Keys sort by their bytes, as in every store. Where another store has the current values
 * (docs/decisions/0034-two-stores-of-configurations.md), `configs` is a projection of it.
 */
import { type Kysely, sql } from 'kysely';
import { TENANT_ROLE } from '../src/tenant-role.ts';
import { isolateTenantTable } from './steps/tenant-table.v1.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createSchemas(db);
  await createConfigs(db);
  await createRevisions(db);
  await createHeads(db);
  await createReaders(db);
  await createStore(db);
}

async function createSchemas(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table config_schemas (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid not null,
      name text not null,
      description text,
      latest_version int not null,
      created_by_user_id uuid,
      created_by jsonb not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      deleted_at timestamptz,
      constraint config_schemas_pkey primary key (id),
      constraint config_schemas_tenant_id_id_key unique (tenant_id, id),
      constraint config_schemas_name_check check (char_length(name) between 1 and 200),
      constraint config_schemas_latest_version_check check (latest_version > 0),
      constraint config_schemas_tenant_id_fkey foreign key (tenant_id) references tenants (id) on delete cascade,
      constraint config_schemas_created_by_user_id_fkey foreign key (tenant_id, created_by_user_id)
        references users (tenant_id, id) on delete set null (created_by_user_id)
    )`.execute(db);
  await sql`
    create unique index config_schemas_tenant_id_name_key on config_schemas (tenant_id, name)
    where deleted_at is null`.execute(db);
  await sql`
    create index config_schemas_created_by_user_id_idx on config_schemas (created_by_user_id)
    where created_by_user_id is not null`.execute(db);
  await sql`
    create trigger config_schemas_set_updated_at before update on config_schemas
    for each row execute function set_updated_at()`.execute(db);
  await sql`
    create table config_schema_versions (
      schema_id uuid not null,
      version int not null,
      tenant_id uuid not null,
      content text not null,
      created_by jsonb not null,
      created_at timestamptz not null default now(),
      constraint config_schema_versions_pkey primary key (schema_id, version),
      constraint config_schema_versions_tenant_id_schema_id_version_key unique (tenant_id, schema_id, version),
      constraint config_schema_versions_version_check check (version > 0),
      constraint config_schema_versions_content_check check (octet_length(content) <= 65536),
      constraint config_schema_versions_tenant_id_schema_id_fkey foreign key (tenant_id, schema_id)
        references config_schemas (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`
    create function refuse_config_schema_version_change() returns trigger language plpgsql as $$
    begin
      raise exception 'versions of a schema never change'
        using errcode = 'restrict_violation', constraint = 'config_schema_versions_unchanged';
    end
    $$`.execute(db);
  await sql`
    create trigger config_schema_versions_unchanged before update on config_schema_versions
    for each row execute function refuse_config_schema_version_change()`.execute(db);
  await isolateTenantTable(db, {
    table: 'config_schemas',
    grants: 'select, insert, update (name, description, latest_version, deleted_at, updated_at)',
  });
  await isolateTenantTable(db, { table: 'config_schema_versions', grants: 'select, insert' });
}

async function createConfigs(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table configs (
      project_id uuid not null,
      key text collate "C" not null,
      tenant_id uuid not null,
      schema_id uuid,
      schema_version int,
      version bigint not null,
      revision bigint not null,
      content jsonb,
      content_sha256 text,
      write_id text not null,
      updated_by_user_id uuid,
      updated_by jsonb not null,
      created_at timestamptz not null,
      updated_at timestamptz not null,
      deleted_at timestamptz,
      constraint configs_pkey primary key (project_id, key),
      constraint configs_version_check check (version > 0),
      constraint configs_key_check check (key ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
      constraint configs_schema_check check ((schema_id is null) = (schema_version is null)),
      constraint configs_deleted_check
        check ((deleted_at is null) = (content is not null) and (content is null) = (content_sha256 is null)),
      constraint configs_tenant_id_project_id_fkey foreign key (tenant_id, project_id)
        references tenant_projects (tenant_id, id) on delete cascade,
      constraint configs_tenant_id_schema_id_schema_version_fkey foreign key (tenant_id, schema_id, schema_version)
        references config_schema_versions (tenant_id, schema_id, version) on delete restrict,
      constraint configs_updated_by_user_id_fkey foreign key (tenant_id, updated_by_user_id)
        references users (tenant_id, id) on delete set null (updated_by_user_id)
    )`.execute(db);
  await sql`create index configs_content_idx on configs using gin (content jsonb_path_ops)`.execute(db);
  // What is checked against a schema, page by page.
  await sql`
    create index configs_schema_id_idx on configs (schema_id, project_id, key) where schema_id is not null`.execute(db);
  // Lists of a tenant's keys, over its projects.
  await sql`create index configs_tenant_id_project_id_key_idx on configs (tenant_id, project_id, key)`.execute(db);
  await sql`
    create index configs_updated_by_user_id_idx on configs (updated_by_user_id)
    where updated_by_user_id is not null`.execute(db);
  await isolateTenantTable(db, { table: 'configs', grants: 'select, insert, update', projectColumn: 'project_id' });
}

async function createRevisions(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table config_revisions (
      id uuid not null default gen_random_uuid(),
      tenant_id uuid not null,
      project_id uuid not null,
      config_key text collate "C" not null,
      version bigint not null,
      revision bigint not null,
      operation text not null,
      source_version bigint,
      schema_id uuid,
      schema_version int,
      content jsonb,
      content_sha256 text,
      write_id text not null,
      author_user_id uuid,
      author jsonb not null,
      reason text,
      since timestamptz not null,
      created_at timestamptz not null,
      constraint config_revisions_pkey primary key (id),
      constraint config_revisions_project_id_config_key_version_key unique (project_id, config_key, version),
      constraint config_revisions_project_id_revision_config_key_key unique (project_id, revision, config_key),
      constraint config_revisions_operation_check check (operation in ('create', 'update', 'rollback', 'delete')),
      constraint config_revisions_content_check check ((operation = 'delete') = (content is null)),
      constraint config_revisions_source_version_check check ((operation = 'rollback') = (source_version is not null)),
      constraint config_revisions_project_id_config_key_fkey foreign key (project_id, config_key)
        references configs (project_id, key) on delete cascade,
      constraint config_revisions_author_user_id_fkey foreign key (tenant_id, author_user_id)
        references users (tenant_id, id) on delete set null (author_user_id)
    )`.execute(db);
  // The value of a key at a revision of the past is one row of this index, however often it changed since.
  await sql`
    create index config_revisions_project_id_config_key_revision_idx
    on config_revisions (project_id, config_key, revision)`.execute(db);
  await sql`create index config_revisions_content_idx on config_revisions using gin (content jsonb_path_ops)`.execute(
    db,
  );
  await sql`
    create index config_revisions_author_user_id_idx on config_revisions (author_user_id)
    where author_user_id is not null`.execute(db);
  // The deletion of a user takes its id from what it wrote, a cascade takes the rows, and retention says that it is one.
  await sql`
    create function refuse_config_revision_change() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' and (pg_trigger_depth() > 1 or current_setting('app.retention', true) = 'on') then
        return old;
      end if;
      if tg_op = 'UPDATE' and new.author_user_id is null
        and to_jsonb(new) - 'author_user_id' = to_jsonb(old) - 'author_user_id' then
        return new;
      end if;
      raise exception 'revisions never change'
        using errcode = 'restrict_violation', constraint = 'config_revisions_unchanged';
    end
    $$`.execute(db);
  await sql`
    create trigger config_revisions_unchanged before update or delete on config_revisions
    for each row execute function refuse_config_revision_change()`.execute(db);
  await isolateTenantTable(db, { table: 'config_revisions', grants: 'select, insert', projectColumn: 'project_id' });
}

async function createHeads(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table config_heads (
      project_id uuid not null,
      tenant_id uuid not null,
      revision bigint not null,
      keys int not null,
      bytes bigint not null,
      constraint config_heads_pkey primary key (project_id),
      constraint config_heads_tenant_id_project_id_fkey foreign key (tenant_id, project_id)
        references tenant_projects (tenant_id, id) on delete cascade
    )`.execute(db);
  await isolateTenantTable(db, {
    table: 'config_heads',
    grants: 'select, insert, update (revision, keys, bytes)',
    projectColumn: 'project_id',
  });
}

async function createReaders(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table config_readers (
      project_id uuid not null,
      config_key text collate "C" not null,
      reader text not null,
      tenant_id uuid not null,
      schema text not null,
      seen_at timestamptz not null,
      constraint config_readers_pkey primary key (project_id, config_key, reader),
      constraint config_readers_reader_check check (reader ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
      constraint config_readers_schema_check check (octet_length(schema) <= 65536),
      constraint config_readers_tenant_id_project_id_fkey foreign key (tenant_id, project_id)
        references tenant_projects (tenant_id, id) on delete cascade
    )`.execute(db);
  await sql`create index config_readers_seen_at_idx on config_readers (seen_at)`.execute(db);
  await isolateTenantTable(db, {
    table: 'config_readers',
    grants: 'select, insert, update (schema, seen_at), delete',
    projectColumn: 'project_id',
  });
}

/** One row says where current values are. Statements of tenants may ask for its epoch, and for nothing else of it. */
async function createStore(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table config_store (
      id smallint not null default 1,
      kind text not null,
      epoch text not null,
      revision_seen bigint not null default 0,
      constraint config_store_pkey primary key (id),
      constraint config_store_one_row_check check (id = 1),
      constraint config_store_kind_check check (kind in ('postgres', 'etcd'))
    )`.execute(db);
  await sql`
    insert into config_store (kind, epoch) values ('postgres', left(replace(gen_random_uuid()::text, '-', ''), 12))`.execute(
    db,
  );
  await sql`
    create function config_epoch(store text) returns text language sql stable security definer
    set search_path from current
    as $$ select epoch from config_store where kind = store $$`.execute(db);
  await sql`revoke execute on function config_epoch(text) from public`.execute(db);
  await sql`grant execute on function config_epoch(text) to ${sql.id(TENANT_ROLE)}`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop function config_epoch(text)`.execute(db);
  for (const table of ['config_store', 'config_readers', 'config_heads', 'config_revisions', 'configs'])
    await sql`drop table ${sql.table(table)}`.execute(db);
  await sql`drop function refuse_config_revision_change()`.execute(db);
  for (const table of ['config_schema_versions', 'config_schemas'])
    await sql`drop table ${sql.table(table)}`.execute(db);
  await sql`drop function refuse_config_schema_version_change()`.execute(db);
}
