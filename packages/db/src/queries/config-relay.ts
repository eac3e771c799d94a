/**
 * Every statement for configurations whose current values are in another store: the row that says so, and the projection of
 * them in this database with their history.
 */
import { sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import type { ConfigStoreKind } from '../schema.ts';
import type { ConfigPlace, ConfigRevisionRow, ConfigRow } from './configs.ts';

export interface ConfigStoreRow {
  readonly kind: ConfigStoreKind;
  readonly epoch: string;
  /** The newest revision of the other store whose changes are here. */
  readonly revision_seen: number;
}

/** Finds where current values are. */
export async function findConfigStore(db: Db): Promise<ConfigStoreRow> {
  return db.selectFrom('config_store').select(['kind', 'epoch', 'revision_seen']).executeTakeFirstOrThrow();
}

/** What the projection of a project has. */
export interface ConfigTotals {
  /** The newest revision that counts here. */
  readonly revision: number;
  readonly keys: number;
  readonly bytes: number;
}

/** Finds the totals of projects, in the order in which they were asked for. */
export async function findConfigTotals(db: Db, projectIds: readonly string[]): Promise<readonly ConfigTotals[]> {
  const { rows } = await sql<ConfigTotals>`/* prepare find_config_totals */
    select coalesce(h.revision, 0) as revision, coalesce(h.keys, 0) as keys, coalesce(h.bytes, 0) as bytes
    from unnest(${[...projectIds]}::uuid[]) with ordinality as asked (project_id, n)
      left join config_heads h on h.project_id = asked.project_id
    order by n`.execute(db);
  return rows;
}

export interface ConfigVersion {
  readonly project_id: string;
  readonly key: string;
  readonly version: number;
}

/** Finds which write made a version; undefined when this database does not have it. */
export async function findConfigVersionWrite(
  db: Db,
  { project_id, key, version }: ConfigVersion,
): Promise<{ readonly write_id: string; readonly revision: number } | undefined> {
  return db
    .selectFrom('config_revisions')
    .select(['write_id', 'revision'])
    .where('project_id', '=', project_id)
    .where('config_key', '=', key)
    .where('version', '=', version)
    .executeTakeFirst();
}

/** Takes the right to bring changes here until the transaction ends; false while another process has it. */
export async function lockConfigRelay(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended('relay of configurations', 0)) as locked`.execute(tx);
  return rows[0]?.locked === true;
}

/** Keeps every writer of configurations, and the relay, out until the transaction ends. Readers go on. */
export async function lockConfigHeads(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('relay of configurations', 0))`.execute(tx);
  await sql`lock table config_heads in exclusive mode`.execute(tx);
}

/** A version of a key that another store has. */
export interface RelayedConfig extends Omit<ConfigRevisionRow, 'content'> {
  readonly id: string;
  /** As JSON; null: the key is deleted. */
  readonly content: string | null;
  readonly write_id: string;
  readonly author_user_id: string | null;
  /** Since when the key has a value. */
  readonly created_at: string;
  readonly at: string;
  /** By how much the project's counts change. */
  readonly keys: number;
  readonly bytes: number;
}

export interface RelayOutcome {
  readonly id: string;
  /** `known`: the version was here already. `orphan`: this database does not have the project. */
  readonly outcome: 'relayed' | 'known' | 'orphan';
  /** The version before this one is not here: the newest one that is, 0 for none. Null: there is no gap. */
  readonly gap_after: number | null;
}

/**
 * Brings versions here, each once: the newest of a key becomes its value, unless a newer one is here, and each that is new
 * becomes a revision and counts. A user who was deleted meanwhile is known by the author's name alone.
 */
export async function insertRelayedConfigs(tx: Tx, configs: readonly RelayedConfig[]): Promise<RelayOutcome[]> {
  const { rows } = await sql<RelayOutcome>`/* prepare relay_configs */
    with given as materialized (
      select * from json_to_recordset(${JSON.stringify(configs)}::json) as (
        id uuid, tenant_id uuid, project_id uuid, key text, version bigint, revision bigint, operation text,
        source_version bigint, schema_id uuid, schema_version int, content text, content_sha256 text, write_id text,
        author jsonb, author_user_id uuid, reason text, created_at timestamptz, at timestamptz, keys int, bytes bigint
      )
    ), known as materialized (
      select given.*, u.id as user_id
      from given
      join tenant_projects p on p.tenant_id = given.tenant_id and p.id = given.project_id
      left join users u on u.tenant_id = given.tenant_id and u.id = given.author_user_id
    ), valued as (
      insert into configs (
        project_id, key, tenant_id, schema_id, schema_version, version, revision, content, content_sha256, write_id,
        updated_by_user_id, updated_by, created_at, updated_at, deleted_at
      )
      select distinct on (project_id, key) project_id, key, tenant_id, schema_id, schema_version, version, revision,
        content::jsonb, content_sha256, write_id, user_id, author, created_at, at, case when content is null then at end
      from known order by project_id, key, version desc
      on conflict (project_id, key) do update set schema_id = excluded.schema_id,
        schema_version = excluded.schema_version, version = excluded.version, revision = excluded.revision,
        content = excluded.content, content_sha256 = excluded.content_sha256, write_id = excluded.write_id,
        updated_by_user_id = excluded.updated_by_user_id, updated_by = excluded.updated_by,
        created_at = excluded.created_at, updated_at = excluded.updated_at, deleted_at = excluded.deleted_at
      where configs.version < excluded.version
    ), told as (
      insert into config_revisions (
        id, tenant_id, project_id, config_key, version, revision, operation, source_version, schema_id, schema_version,
        content, content_sha256, write_id, author_user_id, author, reason, since, created_at
      )
      select id, tenant_id, project_id, key, version, revision, operation, source_version, schema_id, schema_version,
        content::jsonb, content_sha256, write_id, user_id, author, reason, created_at, at
      from known order by revision, key
      on conflict (project_id, config_key, version) do nothing
      returning id, project_id, config_key, version
    ), counted as (
      insert into config_heads (project_id, tenant_id, revision, keys, bytes)
      select known.project_id, known.tenant_id, max(known.revision), sum(known.keys), sum(known.bytes)
      from known join told on told.id = known.id
      group by known.project_id, known.tenant_id
      on conflict (project_id) do update set revision = greatest(config_heads.revision, excluded.revision),
        keys = greatest(0, config_heads.keys + excluded.keys), bytes = greatest(0, config_heads.bytes + excluded.bytes)
    )
    select given.id,
      case when known.id is null then 'orphan' when told.id is null then 'known' else 'relayed' end as outcome,
      case
        when told.version > 1 and not exists (
          select from told before where before.project_id = told.project_id
            and before.config_key = told.config_key and before.version = told.version - 1
        ) then (
          -- The revisions as they were before this statement.
          select case when coalesce(max(version), 0) < told.version - 1 then coalesce(max(version), 0) end
          from config_revisions before
          where before.project_id = told.project_id and before.config_key = told.config_key
            and before.version < told.version
        )
      end as gap_after
    from given left join known on known.id = given.id left join told on told.id = given.id`.execute(tx);
  return rows;
}

/** Notes up to which revision of the other store everything is here; false when values are not there any more, in that epoch. */
export async function updateConfigRevisionSeen(
  tx: Tx,
  { epoch, revision }: { readonly epoch: string; readonly revision: number },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('config_store')
    .set({ revision_seen: sql`greatest(revision_seen, ${revision}::bigint)` })
    .where('kind', '=', 'etcd')
    .where('epoch', '=', epoch)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Says where current values are from the end of the transaction on. */
export async function updateConfigStore(
  tx: Tx,
  { kind, epoch }: Pick<ConfigStoreRow, 'kind' | 'epoch'>,
): Promise<void> {
  await tx.updateTable('config_store').set({ kind, epoch, revision_seen: 0 }).execute();
}

/** Finds the highest revision that a change of any project has here. */
export async function findHighestConfigRevision(db: Db): Promise<number> {
  const { rows } = await sql<{ revision: number }>`
    select greatest(
      coalesce((select max(revision) from config_heads), 0), coalesce((select max(revision) from configs), 0)
    ) as revision`.execute(db);
  return rows[0]?.revision ?? 0;
}

export interface ProjectedConfig extends Omit<RelayedConfig, 'keys' | 'bytes' | 'content'> {
  readonly content: unknown;
  readonly deleted: boolean;
}

/** Lists keys of all projects with their values and tombstones, by project and key, after a key. */
export async function listProjectedConfigs(
  db: Db,
  { after, limit }: { readonly after?: { readonly project_id: string; readonly key: string }; readonly limit: number },
): Promise<ProjectedConfig[]> {
  const behind =
    after === undefined ? sql`true` : sql`(c.project_id, c.key) > (${after.project_id}::uuid, ${after.key})`;
  const { rows } = await sql<ProjectedConfig>`
    select coalesce(r.id, gen_random_uuid()) as id, c.tenant_id, c.project_id, c.key, c.version, c.revision,
      coalesce(r.operation, case when c.deleted_at is null then 'update' else 'delete' end) as operation,
      r.source_version, c.schema_id, c.schema_version, c.content, c.deleted_at is not null as deleted,
      c.content_sha256, c.write_id, c.updated_by as author, c.updated_by_user_id as author_user_id, r.reason,
      c.created_at, c.updated_at as at
    from configs c
    left join config_revisions r
      on r.project_id = c.project_id and r.config_key = c.key and r.version = c.version
    where ${behind}
    order by c.project_id, c.key
    limit ${limit}`.execute(db);
  return rows;
}

export interface ConfigCounts extends ConfigPlace {
  readonly keys: number;
  readonly bytes: number;
}

/** Sets the counts of projects that this database has. Their revisions stay. */
export async function updateConfigCounts(tx: Tx, counts: readonly ConfigCounts[]): Promise<void> {
  await sql`
    update config_heads set keys = given.keys, bytes = given.bytes
    from json_to_recordset(${JSON.stringify(counts)}::json) as given (project_id uuid, keys int, bytes bigint)
    where config_heads.project_id = given.project_id`.execute(tx);
}

/**
 * Lists those of the tenants that this database does not have, and whether it knows that they were deleted: by a row of
 * its own, or one from before rows had an origin. What a product reports of a tenant is no knowledge.
 */
export async function listMissingTenants(
  db: Db,
  tenantIds: readonly string[],
): Promise<{ readonly tenant_id: string; readonly deleted: boolean }[]> {
  const { rows } = await sql<{ tenant_id: string; deleted: boolean }>`
    select asked.tenant_id::text as tenant_id, exists (
      select from audit_log a where a.target_id = asked.tenant_id::text and a.action = 'tenant.deleted'
        -- A report whose reporter was erased has no actor either.
        and (a.origin = 'registry' or a.reported_by is null and a.actor_id <> 'redacted')
    ) as deleted
    from unnest(${[...tenantIds]}::uuid[]) as asked (tenant_id)
    where not exists (select from tenants t where t.id = asked.tenant_id)`.execute(db);
  return rows;
}

/** Lists those of the projects that this database does not have. */
export async function listMissingProjects(db: Db, projectIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ project_id: string }>`
    select asked.project_id::text as project_id from unnest(${[...projectIds]}::uuid[]) as asked (project_id)
    where not exists (select from tenant_projects p where p.id = asked.project_id)`.execute(db);
  return rows.map(({ project_id }) => project_id);
}

/** The key of a project, the name of a write, and the time at which the write can have happened at the earliest. */
export interface NamedConfigWrite {
  readonly project_id: string;
  readonly key: string;
  readonly write_id: string;
  readonly since: string;
}

/** Finds the key as the write left it; undefined when the write did not happen, or its version is not kept any more. */
export async function findConfigWritten(
  db: Db,
  { project_id, key, write_id, since }: NamedConfigWrite,
): Promise<ConfigRow | undefined> {
  const row = await db
    .selectFrom('config_revisions')
    .select(['tenant_id', 'project_id', 'config_key as key', 'schema_id', 'schema_version', 'version', 'revision'])
    .select(['content', 'content_sha256', 'write_id', 'author as updated_by', 'author_user_id as updated_by_user_id'])
    .select(['since as created_at', 'created_at as updated_at'])
    .select(sql<string | null>`case when operation = 'delete' then created_at end`.as('deleted_at'))
    .where('project_id', '=', project_id)
    .where('config_key', '=', key)
    .where('write_id', '=', write_id)
    .where('created_at', '>=', since)
    .orderBy('version')
    .limit(1)
    .executeTakeFirst();
  return row;
}
