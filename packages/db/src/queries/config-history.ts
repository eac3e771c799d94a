/** Every statement about the history of one configuration: all versions that its key ever had. */
import { sql } from 'kysely';
import type { Db } from '../handles.ts';
import { type BytesRequest, keyset, type RowsWithin, rowsWithin } from '../keyset.ts';
import type { ConfigRevisionRow } from './configs.ts';

export interface ConfigHistory {
  readonly project_id: string;
  readonly key: string;
}

const columns = [
  'tenant_id',
  'project_id',
  'config_key as key',
  'version',
  'revision',
  'operation',
  'source_version',
  'schema_id',
  'schema_version',
  'content_sha256',
  'author',
  'reason',
  'created_at',
] as const;

/** What a row takes beside its content. */
const ROW_BYTES = 1_000;

/** Lists versions of the key, the newest first. Without `content` no content is read. */
export async function listConfigVersions(
  db: Db,
  { project_id, key, content }: ConfigHistory & { readonly content: boolean },
  page: BytesRequest,
): Promise<RowsWithin<ConfigRevisionRow>> {
  const query = keyset(db.selectFrom('config_revisions'), ['version'], page)
    .select(columns)
    .select(content ? sql<unknown>`content`.as('content') : sql<unknown>`null::jsonb`.as('content'))
    .where('project_id', '=', project_id)
    .where('config_key', '=', key);
  const size = content ? sql`coalesce(octet_length(content::text), 0) + ${ROW_BYTES}::int` : sql`${ROW_BYTES}::int`;
  const { rows, more } = await rowsWithin(db, query, { ...page, order: sql`version desc`, bytes: size });
  return { rows: rows as ConfigRevisionRow[], more }; // the author is an object: the writer saw to it
}

/** Finds one version of the key; undefined when it never was, or is not kept any more. */
export async function findConfigVersion(
  db: Db,
  { project_id, key, version }: ConfigHistory & { readonly version: number },
): Promise<ConfigRevisionRow | undefined> {
  const row = await db
    .selectFrom('config_revisions')
    .select([...columns, 'content'])
    .where('project_id', '=', project_id)
    .where('config_key', '=', key)
    .where('version', '=', version)
    .executeTakeFirst();
  return row as ConfigRevisionRow | undefined;
}
