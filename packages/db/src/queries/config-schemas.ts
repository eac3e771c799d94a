/** Every statement about schemas of configurations, their versions, and the configurations that are checked against them. */
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import { fixedRow } from '../fixed.ts';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest, type RowsWithin, rowsWithin } from '../keyset.ts';
import { type ConfigSchemas, type ConfigSchemaVersions, columns } from '../schema.ts';
import { json } from '../types.ts';

export type ConfigSchemaRow = Selectable<ConfigSchemas>;
export type ConfigSchemaVersionRow = Selectable<ConfigSchemaVersions>;

export interface SchemaText {
  readonly schema_id: string;
  readonly version: number;
  readonly content: string;
}

/** Finds a version of a schema of the tenant, or its latest one; undefined also for a schema that was deleted. */
export async function findConfigSchemaText(
  db: Db,
  {
    tenant_id,
    schema_id,
    version,
  }: { readonly tenant_id: string; readonly schema_id: string; readonly version: number | null },
): Promise<SchemaText | undefined> {
  return db
    .selectFrom('config_schema_versions as v')
    .innerJoin('config_schemas as s', 's.id', 'v.schema_id')
    .select(['v.schema_id', 'v.version', 'v.content'])
    .where('s.tenant_id', '=', tenant_id)
    .where('s.id', '=', schema_id)
    .where('s.deleted_at', 'is', null)
    .where((eb) => eb('v.version', '=', version === null ? eb.ref('s.latest_version') : eb.val(version)))
    .executeTakeFirst();
}

/** Finds a schema; a deleted one too. */
export const findConfigSchema = fixedRow('find_config_schema', (db, id: string) =>
  db.selectFrom('config_schemas').select(columns.config_schemas).where('id', '=', id),
);

/** Locks a schema; a deleted one too. Writes that pin it anew wait, and are waited for. */
export function lockConfigSchema(tx: Tx, id: string): Promise<ConfigSchemaRow | undefined> {
  return tx.selectFrom('config_schemas').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Returns schemas of the tenant that are not deleted, newest first. */
export function listConfigSchemas(db: Db, tenantId: string, page: PageRequest): Promise<ConfigSchemaRow[]> {
  return keyset(db.selectFrom('config_schemas').selectAll(), ['id'], page)
    .where('tenant_id', '=', tenantId)
    .where('deleted_at', 'is', null)
    .execute();
}

export type NewConfigSchema = Omit<Insertable<ConfigSchemas>, 'created_by' | 'latest_version' | 'updated_at'> & {
  readonly created_by: Record<string, unknown>;
  readonly created_at: Date;
};

/** Inserts a schema whose first version is inserted after it. */
export function insertConfigSchema(tx: Tx, { created_by, ...schema }: NewConfigSchema): Promise<ConfigSchemaRow> {
  return tx
    .insertInto('config_schemas')
    .values({ ...schema, latest_version: 1, created_by: json(created_by), updated_at: schema.created_at })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function updateConfigSchema(
  tx: Tx,
  id: string,
  changes: Pick<Updateable<ConfigSchemas>, 'name' | 'description' | 'latest_version' | 'deleted_at'>,
): Promise<ConfigSchemaRow> {
  return tx.updateTable('config_schemas').set(changes).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}

export type NewConfigSchemaVersion = Omit<Insertable<ConfigSchemaVersions>, 'created_by'> & {
  readonly created_by: Record<string, unknown>;
};

export function insertConfigSchemaVersion(
  tx: Tx,
  { created_by, ...version }: NewConfigSchemaVersion,
): Promise<ConfigSchemaVersionRow> {
  return tx
    .insertInto('config_schema_versions')
    .values({ ...version, created_by: json(created_by) })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function findConfigSchemaVersion(
  db: Db,
  { schema_id, version }: Pick<SchemaText, 'schema_id' | 'version'>,
): Promise<ConfigSchemaVersionRow | undefined> {
  return db
    .selectFrom('config_schema_versions')
    .selectAll()
    .where('schema_id', '=', schema_id)
    .where('version', '=', version)
    .executeTakeFirst();
}

/** Returns versions of the schema without their content, the newest first. */
export function listConfigSchemaVersions(
  db: Db,
  schemaId: string,
  page: PageRequest,
): Promise<Omit<ConfigSchemaVersionRow, 'content'>[]> {
  const columns = ['schema_id', 'version', 'tenant_id', 'created_by', 'created_at'] as const;
  return keyset(db.selectFrom('config_schema_versions').select(columns), ['version'], page)
    .where('schema_id', '=', schemaId)
    .execute();
}

export interface SchemaUseQuestion {
  readonly tenant_id: string;
  readonly schema_id: string;
  /** Keys of the tenant whose newest value is not here, and what that is checked against. */
  readonly ahead: readonly { readonly project_id: string; readonly key: string; readonly schema_id: string | null }[];
}

/** Counts the keys with a value that are checked against the schema, whatever its version, and the projects that they are in. */
export async function findConfigSchemaUse(
  db: Db,
  { tenant_id, schema_id, ahead }: SchemaUseQuestion,
): Promise<{ readonly configs: number; readonly projects: number }> {
  const { rows } = await sql<{ configs: number; projects: number }>`
    with ahead as materialized (
      select * from json_to_recordset(${JSON.stringify(ahead)}::json) as (project_id uuid, key text, schema_id uuid)
    )
    select count(*) as configs, count(distinct project_id) as projects from (
      select project_id from configs c
      where tenant_id = ${tenant_id} and schema_id = ${schema_id} and deleted_at is null
        and not exists (select from ahead where ahead.project_id = c.project_id and ahead.key = c.key)
      union all
      select project_id from ahead
      where schema_id = ${schema_id}
        and exists (select from tenant_projects p where p.tenant_id = ${tenant_id} and p.id = ahead.project_id)
    ) as used`.execute(db);
  return rows[0] ?? { configs: 0, projects: 0 };
}

export interface PinnedConfig {
  readonly project_id: string;
  readonly key: string;
  readonly version: number;
  readonly content: unknown;
}

/**
 * Returns keys with a value that are checked against the schema, with their content, up to the limit or the size. Projects
 * that are archived are left out: nothing in them changes any more.
 */
export function listPinnedConfigs(
  db: Db,
  { tenant_id, schema_id, except_version }: PinFilter,
  page: PageRequest & { readonly bytesMax: number },
): Promise<RowsWithin<PinnedConfig>> {
  const query = keyset(
    db.selectFrom('configs').select(['project_id', 'key', 'version', 'content']),
    ['project_id', 'key'],
    page,
  )
    .where('tenant_id', '=', tenant_id)
    .where('schema_id', '=', schema_id)
    .where('deleted_at', 'is', null)
    .where('project_id', 'in', (eb) =>
      eb.selectFrom('tenant_projects').select('id').where('tenant_id', '=', tenant_id).where('status', '=', 'active'),
    )
    .$if(except_version !== undefined, (each) => each.where('schema_version', '!=', except_version as number));
  return rowsWithin(db, query, {
    ...page,
    order: sql`project_id desc, key desc`,
    bytes: sql`octet_length(content::text)`,
  });
}

export interface PinFilter {
  readonly tenant_id: string;
  readonly schema_id: string;
  /** Only keys that are checked against another version. */
  readonly except_version?: number | undefined;
}
