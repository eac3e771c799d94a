/** Every statement about current values of configurations in this database: read, and written with their revisions. */
import { sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import type { ConfigRevisionsOperation, TenantProjectStatus, TenantStatus } from '../schema.ts';
import { appended, type Entry } from './entries.ts';

/** A project of a tenant. */
export interface ConfigPlace {
  readonly tenant_id: string;
  readonly project_id: string;
}

export interface ConfigRow extends ConfigPlace {
  readonly key: string;
  readonly schema_id: string | null;
  readonly schema_version: number | null;
  readonly version: number;
  readonly revision: number;
  readonly content: unknown;
  readonly content_sha256: string | null;
  readonly write_id: string;
  readonly updated_by: Record<string, unknown>;
  readonly updated_by_user_id: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly deleted_at: string | null;
}

/** A version of a key: the change that made it, and the content that it then had. */
export interface ConfigRevisionRow extends ConfigPlace {
  readonly key: string;
  readonly version: number;
  readonly revision: number;
  readonly operation: ConfigRevisionsOperation;
  readonly source_version: number | null;
  readonly schema_id: string | null;
  readonly schema_version: number | null;
  /** Null of a deletion, and where it was not asked for; null can also be a value. */
  readonly content: unknown;
  readonly content_sha256: string | null;
  readonly author: Record<string, unknown>;
  readonly reason: string | null;
  readonly created_at: string;
}

/** The state of a project's configurations. */
export interface ConfigHead {
  /** Null when current values are in another store. */
  readonly epoch: string | null;
  readonly revision: number;
}

/** A key of a project. */
export interface ConfigKey {
  readonly project_id: string;
  readonly key: string;
}

export interface FoundConfig {
  /** Null: current values are in another store. */
  readonly epoch: string | null;
  readonly config: ConfigRow | undefined;
}

/** Finds keys, tombstones too, with the epoch of the store, by one statement. */
export async function findConfigs(db: Db, asked: readonly ConfigKey[]): Promise<FoundConfig[]> {
  const { rows } = await sql<
    ConfigRow & Pick<FoundConfig, 'epoch'> & { readonly found: boolean }
  >`/* prepare find_configs */
    select store.epoch, c.key is not null as found, c.tenant_id, c.project_id, c.key, c.schema_id, c.schema_version,
      c.version, c.revision, c.content, c.content_sha256, c.write_id, c.updated_by, c.updated_by_user_id, c.created_at,
      c.updated_at, c.deleted_at
    from (select config_epoch('postgres') as epoch) as store,
      unnest(
        ${asked.map(({ project_id }) => project_id)}::uuid[], ${asked.map(({ key }) => key)}::text[]
      ) with ordinality as asked (project_id, key, n)
      left join configs c on c.project_id = asked.project_id and c.key = asked.key
    order by asked.n`.execute(db);
  return rows.map(({ epoch, found, ...config }) => ({ epoch, config: found ? config : undefined }));
}

/** A project as every request about its configurations looks at it. */
export interface ConfigProjectRow extends ConfigPlace {
  readonly project_status: TenantProjectStatus;
  readonly tenant_status: TenantStatus;
}

/** Finds the project and where it and its tenant stand in their lives. */
export async function findConfigProject(db: Db, projectId: string): Promise<ConfigProjectRow | undefined> {
  return db
    .selectFrom('tenant_projects as p')
    .innerJoin('tenants as t', 't.id', 'p.tenant_id')
    .select(['p.id as project_id', 'p.tenant_id', 'p.status as project_status', 't.status as tenant_status'])
    .where('p.id', '=', projectId)
    .executeTakeFirst();
}

/** Finds the state of the project; revision 0 when nothing was ever written. */
export async function findConfigHead(db: Db, projectId: string): Promise<ConfigHead> {
  const { rows } = await sql<ConfigHead>`
    select config_epoch('postgres') as epoch,
      coalesce((select revision from config_heads where project_id = ${projectId}), 0) as revision`.execute(db);
  const [head] = rows;
  if (head === undefined) throw new Error('a select without a from gives one row');
  return head;
}

/** Holds schemas of the tenant against their deletion until the transaction ends, and returns those that are there. */
export async function lockConfigSchemasShared(
  tx: Tx,
  tenantId: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  const rows = await tx
    .selectFrom('config_schemas')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', 'in', ids)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .forShare()
    .execute();
  return rows.map(({ id }) => id);
}

export interface NewConfigValue {
  readonly key: string;
  /** One more than the version that the key must have; 1 for a key that was never written. */
  readonly version: number;
  readonly operation: ConfigRevisionsOperation;
  readonly source_version: number | null;
  readonly schema_id: string | null;
  readonly schema_version: number | null;
  /** As JSON; null: the key is deleted. */
  readonly content: string | null;
  readonly content_sha256: string | null;
  readonly reason: string | null;
  /** Since when the key has a value. */
  readonly created_at: string;
  /** The id of the revision. */
  readonly id: string;
}

/** Values of one project that are written at one revision. */
export interface ConfigWrite extends ConfigPlace {
  readonly values: readonly NewConfigValue[];
  /** The schemas that a value has not had before. */
  readonly new_schema_ids: readonly string[];
  /** By how much the project's counts change. */
  readonly keys: number;
  readonly bytes: number;
  readonly write_id: string;
  readonly author: Record<string, unknown>;
  readonly author_user_id: string | null;
  readonly at: string;
}

export interface ConfigWrites {
  /** No two of one key. */
  readonly writes: readonly ConfigWrite[];
  /** What happened by them. */
  readonly entries: readonly Entry[];
  /** Wait for tenants, projects and schemas that somebody else holds; otherwise they are as if they were not there. */
  readonly wait: boolean;
}

/** What became of a write. Unless all became what they should, the transaction must be rolled back. */
export interface WrittenConfigs {
  /** Null: current values are in another store. */
  readonly epoch: string | null;
  /** Null: the project is not there, or is held. */
  readonly tenant_status: TenantStatus | null;
  readonly project_status: TenantProjectStatus | null;
  /** The new schemas that are there. */
  readonly schema_ids: readonly string[];
  readonly revision: number;
  /** What the project then has. */
  readonly keys: number;
  readonly bytes: number;
  /** The keys that had the expected version. */
  readonly written: readonly string[];
}

/**
 * Makes each write at a new revision of its project, in their order, with the revisions of its keys and with their entries,
 * and returns what became of each. Until the transaction ends, tenants, then projects, then schemas that are pinned anew are
 * held against changes of their status and deletion; they stay open to other writers of their things. Heads are locked next,
 * so the writers of a project come one after another, and its revisions have the order of the commits. Each kind is locked in
 * the order of its ids. A key that is at another version than expected is left as it is.
 */
export async function insertOrUpdateConfigs(
  tx: Tx,
  { writes, entries, wait }: ConfigWrites,
): Promise<readonly WrittenConfigs[]> {
  const given = writes.map(({ author, ...write }, n) => ({ n, author: JSON.stringify(author), ...write }));
  // By arrays: what comes out of JSON is taken for so many rows that whole tables would be read.
  const tenantIds = [...new Set(writes.map(({ tenant_id }) => tenant_id))];
  const projectIds = [...new Set(writes.map(({ project_id }) => project_id))];
  const schemaIds = writes.flatMap(({ new_schema_ids }) => new_schema_ids);
  const [name, others] = wait ? ['write_configs', sql``] : ['write_configs_at_once', sql`skip locked`];
  const { rows } = await sql<WrittenConfigs>`/* prepare ${sql.raw(name)} */
    with asked as materialized (
      select a.*, row_number() over of_project as step, sum(a.keys) over of_project as keys_then,
        sum(a.bytes) over of_project as bytes_then
      from json_to_recordset(${JSON.stringify(given)}::json) as a (
        n int, project_id uuid, tenant_id uuid, keys int, bytes bigint, write_id text, author text, author_user_id uuid,
        at timestamptz, new_schema_ids json, values json
      )
      window of_project as (partition by project_id order by n)
    ), t as materialized (
      select id, status from tenants where id = any(${tenantIds}::uuid[]) order by id for share ${others}
    ), p as materialized (
      select id, tenant_id, status from tenant_projects
      where id = any(${projectIds}::uuid[]) and tenant_id in (select id from t)
      order by id for share ${others}
    ), pin as materialized (
      select distinct asked.tenant_id, value::uuid as id
      from asked join p on (p.tenant_id, p.id) = (asked.tenant_id, asked.project_id), json_array_elements_text(asked.new_schema_ids)
    ), s as materialized (
      select id from config_schemas
      where id = any(${schemaIds}::uuid[]) and (tenant_id, id) in (select tenant_id, id from pin) and deleted_at is null
      order by id for share ${others}
    ), given as materialized (
      select asked.n, v.* from asked, json_to_recordset(asked.values) as v (
        key text, version bigint, operation text, source_version bigint, schema_id uuid, schema_version int,
        content text, content_sha256 text, reason text, created_at timestamptz, id uuid
      )
    ), head as (
      insert into config_heads (project_id, tenant_id, revision, keys, bytes)
      select project_id, asked.tenant_id, count(*), sum(keys)::int, sum(bytes)::bigint
      from asked join p on (p.tenant_id, p.id) = (asked.tenant_id, asked.project_id)
      where config_epoch('postgres') is not null and (select count(*) from s) = (select count(*) from pin)
      group by project_id, asked.tenant_id order by project_id
      on conflict (project_id) do update set revision = config_heads.revision + excluded.revision,
        keys = config_heads.keys + excluded.keys, bytes = config_heads.bytes + excluded.bytes
      returning project_id, revision, keys, bytes
    ), made as (
      select asked.n, asked.project_id, asked.tenant_id, write_id, author::jsonb as author, author_user_id, at,
        head.revision - count(*) over all_of + step as revision,
        head.keys - sum(asked.keys) over all_of + keys_then as keys,
        head.bytes - sum(asked.bytes) over all_of + bytes_then as bytes
      from asked join head on head.project_id = asked.project_id
      window all_of as (partition by asked.project_id)
    ), written as (
      insert into configs (
        project_id, key, tenant_id, schema_id, schema_version, version, revision, content, content_sha256, write_id,
        updated_by_user_id, updated_by, created_at, updated_at, deleted_at
      )
      select project_id, given.key, tenant_id, schema_id, schema_version, version, made.revision, content::jsonb,
        content_sha256, write_id, author_user_id, author, created_at, at, case when content is null then at end
      from given join made on made.n = given.n
      on conflict (project_id, key) do update set schema_id = excluded.schema_id,
        schema_version = excluded.schema_version, version = excluded.version, revision = excluded.revision,
        content = excluded.content, content_sha256 = excluded.content_sha256, write_id = excluded.write_id,
        updated_by_user_id = excluded.updated_by_user_id, updated_by = excluded.updated_by,
        created_at = excluded.created_at, updated_at = excluded.updated_at, deleted_at = excluded.deleted_at
      where configs.version = excluded.version - 1
      returning project_id, key
    ), told as (
      insert into config_revisions (
        id, tenant_id, project_id, config_key, version, revision, operation, source_version, schema_id, schema_version,
        content, content_sha256, write_id, author_user_id, author, reason, since, created_at
      )
      select given.id, tenant_id, made.project_id, given.key, version, made.revision, operation, source_version,
        schema_id, schema_version, content::jsonb, content_sha256, write_id, author_user_id, author, reason, created_at, at
      from given join made on made.n = given.n
        join written on written.project_id = made.project_id and written.key = given.key
    ), ${appended(entries)}
    select config_epoch('postgres') as epoch, t.status as tenant_status, p.status as project_status,
      array(select id::text from s) as schema_ids, coalesce(made.revision, 0)::bigint as revision,
      coalesce(made.keys, 0)::bigint as keys, coalesce(made.bytes, 0)::bigint as bytes,
      array(
        select written.key from given join written on written.key = given.key and written.project_id = made.project_id
        where given.n = asked.n
      ) as written
    from asked left join p on (p.tenant_id, p.id) = (asked.tenant_id, asked.project_id) left join t on t.id = p.tenant_id
      left join made on made.n = asked.n
    order by asked.n`.execute(tx);
  return rows;
}
