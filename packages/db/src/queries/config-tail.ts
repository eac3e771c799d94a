/** Every statement by which a replica hears what happens to configurations: their heads, their revisions, the notifications. */
import { sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import type { ConfigRevisionRow } from './configs.ts';

/** The channel on which a replica hears that another one has changed configurations. */
export const CONFIGS_CHANNEL = 'tenant_registry_configs';

/** The state of a project's configurations, as the store of this database has it. */
export interface ConfigHeadRow {
  readonly project_id: string;
  /** Null when current values are in another store. */
  readonly epoch: string | null;
  /** 0 when nothing was ever written. */
  readonly revision: number;
}

/** Lists the states of the projects, one row for each, all of one moment. A look at each beats a join, which reads all heads. */
export async function listConfigHeads(db: Db, projectIds: readonly string[]): Promise<ConfigHeadRow[]> {
  const { rows } = await sql<ConfigHeadRow>`
    select asked.project_id, store.epoch,
      coalesce((select h.revision from config_heads h where h.project_id = asked.project_id), 0) as revision
    from unnest(${projectIds}::uuid[]) as asked (project_id), (select config_epoch('postgres') as epoch) as store`.execute(
    db,
  );
  return rows;
}

/** A version as it is told; its content is null also when it is left out. */
export interface ToldConfigRevision extends ConfigRevisionRow {
  /** The content is longer than was asked for. */
  readonly content_omitted: boolean;
  /** About what the row takes. */
  readonly bytes: number;
}

export interface ConfigRevisionRange {
  readonly tenant_id: string;
  readonly project_id: string;
  /** The revision after which the page begins. */
  readonly after: number;
  /** The last revision of the page; absent: the newest. */
  readonly until?: number | undefined;
  /** The page ends with the revision that reaches this many bytes of content: one revision at least always comes. */
  readonly bytesMax: number;
  /** Content is left out whose text is longer. */
  readonly contentBytesMax: number;
}

/** Twice as many as one revision can have, and one that shows whether there are more. */
const ROWS_MAX = 121;
/** What a row without content counts. */
const ROW_BYTES = 256;

/**
 * Lists what changed in the project, oldest first, whole revisions only. What the rows take on disk, which is known without
 * reading their content, bounds how much content is read for a page, and the length of its text bounds the page.
 */
export async function listConfigRevisions(
  db: Db,
  { tenant_id, project_id, after, until, bytesMax, contentBytesMax }: ConfigRevisionRange,
): Promise<{ readonly rows: ToldConfigRevision[]; readonly more: boolean }> {
  const { rows } = await sql<ToldConfigRevision & { readonly revision_last: number; readonly rows_found: number }>`
    with found as (
      select r.*, count(*) over () as rows_found, max(r.revision) over () as revision_last,
        coalesce(sum(coalesce(pg_column_size(r.content), 0) + ${ROW_BYTES}::int) over before, 0) as stored_before
      from (
        select * from config_revisions
        where tenant_id = ${tenant_id}::uuid and project_id = ${project_id}::uuid and revision > ${after}::bigint
          and revision <= coalesce(${until ?? null}::bigint, revision)
        order by revision, config_key limit ${ROWS_MAX}::int
      ) as r
      window before as (order by r.revision groups between unbounded preceding and 1 preceding)
    ), read as materialized (
      select *, octet_length(content::text) > ${contentBytesMax}::int as is_long from found
      where stored_before < ${bytesMax}::bigint
    ), sized as materialized (
      select *, case when is_long or content is null then 0 else octet_length(content::text) end + ${ROW_BYTES}::int as bytes
      from read
    ), told as (
      select *, coalesce(sum(bytes) over before, 0) as bytes_before from sized
      window before as (order by revision groups between unbounded preceding and 1 preceding)
    )
    select tenant_id, project_id, config_key as key, version, revision, operation, source_version, schema_id,
      schema_version, case when not is_long then content end as content, coalesce(is_long, false) as content_omitted, bytes,
      content_sha256, author, reason, created_at, revision_last, rows_found
    from told
    -- The last revision may have rows beyond the bound.
    where bytes_before < ${bytesMax}::bigint and (rows_found < ${ROWS_MAX}::int or revision < revision_last)
    order by revision, config_key`.execute(db);
  const last = rows.at(-1);
  const more = last !== undefined && (last.rows_found >= ROWS_MAX || last.revision < last.revision_last);
  return { rows: rows.map(({ revision_last: _, rows_found: __, ...row }) => row), more };
}

/** Tells the listening replicas, when the transaction commits. */
export async function appendConfigNews(tx: Tx, text: string): Promise<void> {
  await sql`select pg_notify(${CONFIGS_CHANNEL}, ${text})`.execute(tx);
}
