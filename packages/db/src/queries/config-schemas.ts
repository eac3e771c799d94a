/** Every statement about schemas of configurations and their versions. */
import type { Db } from '../handles.ts';

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
