/** Every statement about current values of configurations in this database: read, and written with their revisions. */
import { sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import type { ConfigRevisionsOperation, TenantProjectStatus, TenantStatus } from '../schema.ts';

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

/** Finds the key, a tombstone too, with the epoch of the store. */
export async function findConfig(
  db: Db,
  { project_id, key }: { readonly project_id: string; readonly key: string },
): Promise<{ readonly epoch: string | null; readonly config: ConfigRow | undefined }> {
  const { rows } = await sql<ConfigRow & { readonly epoch: string | null; readonly found: boolean }>`
    select config_epoch('postgres') as epoch, c.key is not null as found, c.*
    from (select) as one left join configs c on c.project_id = ${project_id} and c.key = ${key}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('a left join of one row gives one row');
  const { epoch, found, ...config } = row;
  return { epoch, config: found ? config : undefined };
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

export interface ConfigInProject {
  readonly project: ConfigProjectRow;
  readonly epoch: string | null;
  /** A tombstone too. */
  readonly config: ConfigRow | undefined;
}

/** `findConfigProject` and `findConfig` by one statement: a request of a tenant pays three round trips for each. */
export async function findConfigInProject(
  db: Db,
  { project_id, key }: { readonly project_id: string; readonly key: string },
): Promise<ConfigInProject | undefined> {
  const { rows } = await sql<
    ConfigRow &
      Pick<ConfigInProject, 'epoch'> &
      ConfigProjectRow & { readonly place: ConfigPlace; readonly found: boolean }
  >`
    select config_epoch('postgres') as epoch, p.status as project_status, t.status as tenant_status,
      json_build_object('tenant_id', p.tenant_id, 'project_id', p.id) as place, c.key is not null as found, c.*
    from tenant_projects p join tenants t on t.id = p.tenant_id
      left join configs c on c.project_id = p.id and c.key = ${key}
    where p.id = ${project_id}`.execute(db);
  const [row] = rows;
  if (row === undefined) return undefined;
  const { epoch, project_status, tenant_status, place, found, ...config } = row;
  return { project: { ...place, project_status, tenant_status }, epoch, config: found ? config : undefined };
}

/**
 * Holds the tenant and then the project against changes of their status until the transaction ends, in one round trip; they
 * stay open to other writers of their things. The project is looked for by what the lock of the tenant returned, so the
 * locks come in the order in which all writers take them.
 */
export async function lockConfigProjectShared(
  tx: Tx,
  { tenant_id, project_id }: ConfigPlace,
): Promise<Omit<ConfigProjectRow, keyof ConfigPlace> | undefined> {
  const { rows } = await sql<Omit<ConfigProjectRow, keyof ConfigPlace>>`
    with t as materialized (select id, status from tenants where id = ${tenant_id} for share),
      p as materialized (
        select status from tenant_projects where tenant_id = (select id from t) and id = ${project_id} for share
      )
    select t.status as tenant_status, p.status as project_status from t, p`.execute(tx);
  return rows[0];
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

/** Holds a schema against its deletion until the transaction ends; false when it was deleted, or never was. */
export async function lockConfigSchemaShared(tx: Tx, tenantId: string, id: string): Promise<boolean> {
  const row = await tx
    .selectFrom('config_schemas')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forShare()
    .executeTakeFirst();
  return row !== undefined;
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

export interface ConfigWrite extends ConfigPlace {
  readonly values: readonly NewConfigValue[];
  /** By how much the project's counts change. */
  readonly keys: number;
  readonly bytes: number;
  readonly write_id: string;
  readonly author: Record<string, unknown>;
  readonly author_user_id: string | null;
  readonly at: string;
}

export interface WrittenConfigs {
  /** Null: current values are in another store, and nothing was written. */
  readonly epoch: string | null;
  readonly revision: number;
  readonly keys: number;
  readonly bytes: number;
  /** The keys that had the expected version. If one is missing, the transaction must be rolled back. */
  readonly written: readonly string[];
}

/**
 * Writes the values at one new revision of the project, with their revisions. The head is locked first, so the writers of a
 * project come one after another, and its revisions have the order of the commits. A key that is at another version than
 * expected is left as it is.
 */
export async function insertOrUpdateConfigs(tx: Tx, write: ConfigWrite): Promise<WrittenConfigs> {
  const { tenant_id, project_id, values, keys, bytes, write_id, author, author_user_id, at } = write;
  const by = sql`${JSON.stringify(author)}::jsonb`;
  const { rows } = await sql<WrittenConfigs>`
    with given as materialized (
      select * from json_to_recordset(${JSON.stringify(values)}::json) as (
        key text, version bigint, operation text, source_version bigint, schema_id uuid, schema_version int,
        content text, content_sha256 text, reason text, created_at timestamptz, id uuid
      )
    ), head as (
      insert into config_heads (project_id, tenant_id, revision, keys, bytes)
      select ${project_id}::uuid, ${tenant_id}::uuid, 1, ${keys}::int, ${bytes}::bigint
      where config_epoch('postgres') is not null
      on conflict (project_id) do update set revision = config_heads.revision + 1,
        keys = config_heads.keys + excluded.keys, bytes = config_heads.bytes + excluded.bytes
      returning revision, keys, bytes
    ), written as (
      insert into configs (
        project_id, key, tenant_id, schema_id, schema_version, version, revision, content, content_sha256, write_id,
        updated_by_user_id, updated_by, created_at, updated_at, deleted_at
      )
      select ${project_id}::uuid, given.key, ${tenant_id}::uuid, schema_id, schema_version, version, head.revision,
        content::jsonb, content_sha256, ${write_id}, ${author_user_id}::uuid, ${by}, created_at, ${at}::timestamptz,
        case when content is null then ${at}::timestamptz end
      from given, head
      on conflict (project_id, key) do update set schema_id = excluded.schema_id,
        schema_version = excluded.schema_version, version = excluded.version, revision = excluded.revision,
        content = excluded.content, content_sha256 = excluded.content_sha256, write_id = excluded.write_id,
        updated_by_user_id = excluded.updated_by_user_id, updated_by = excluded.updated_by,
        created_at = excluded.created_at, updated_at = excluded.updated_at, deleted_at = excluded.deleted_at
      where configs.version = excluded.version - 1
      returning key
    ), told as (
      insert into config_revisions (
        id, tenant_id, project_id, config_key, version, revision, operation, source_version, schema_id, schema_version,
        content, content_sha256, write_id, author_user_id, author, reason, since, created_at
      )
      select given.id, ${tenant_id}::uuid, ${project_id}::uuid, given.key, version, head.revision, operation,
        source_version, schema_id, schema_version, content::jsonb, content_sha256, ${write_id},
        ${author_user_id}::uuid, ${by}, reason, created_at, ${at}::timestamptz
      from given join written on written.key = given.key, head
    )
    select config_epoch('postgres') as epoch, coalesce(head.revision, 0) as revision, coalesce(head.keys, 0) as keys,
      coalesce(head.bytes, 0) as bytes, array(select key from written) as written
    from (select) as one left join head on true`.execute(tx);
  const [written] = rows;
  if (written === undefined) throw new Error('a left join of one row gives one row');
  return written;
}
