/** Every statement that reads many configurations: pages of keys of one state, what differs between two, and times. */
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../handles.ts';
import type { ConfigRow } from './configs.ts';

/** Which keys a page looks for. */
export interface ConfigKeys {
  /** Keys begin with it; empty: all. */
  readonly prefix: string;
  /** The key after which the page begins; absent: the first. */
  readonly after?: string | undefined;
  readonly limit: number;
  /** The page ends with the row that reaches this many bytes: one row at least always comes. */
  readonly bytesMax: number;
}

export interface ConfigFilter {
  readonly schema_id?: string | undefined;
  /** JSON that the content contains, as text. */
  readonly contains?: string | undefined;
  /** False: rows come without their content. */
  readonly content: boolean;
}

/** Names the store whose epoch counts. */
interface Store {
  readonly kind: string;
}

export interface ConfigPageRequest extends ConfigKeys, ConfigFilter, Store {
  readonly project_id: string;
  /** The revision to read; absent: the newest. */
  readonly at?: number | undefined;
}

export type ConfigPageRow = Omit<ConfigRow, 'deleted_at'> & {
  /** The value of the key at that revision is not kept any more: nothing else of the row is known. */
  readonly pruned: boolean;
};

export interface ConfigPage {
  /** Null when current values are in another store than the caller believes. */
  readonly epoch: string | null;
  /** The newest revision of the project. */
  readonly head: number;
  readonly rows: readonly ConfigPageRow[];
  readonly more: boolean;
}

/**
 * Lists keys that have a value at the revision, in the order of their bytes. One statement sees one moment, so rows and head
 * belong together. A key that changed after the revision costs one look into its history, by an index; the history of other
 * keys is not read.
 */
export async function listConfigs(db: Db, request: ConfigPageRequest): Promise<ConfigPage> {
  const { rows } = await sql<Headed<ConfigPageRow>>`
    with ${judgedConfigs(request)}
    select head.epoch, head.head, j.* from head left join (${onPage(request)}) j on true
    order by j.key`.execute(db);
  return pageOf(rows);
}

const textColumns = ['key', 'version', 'revision', 'content_sha256', 'schema_id', 'schema_version'] as const;
const textTimes = ['created_at', 'updated_at'] as const;

/** A value as text that is handed on: what is not shown of it is not there. */
export type ConfigTextRow = Pick<
  ConfigPageRow,
  (typeof textColumns)[number] | (typeof textTimes)[number] | 'updated_by' | 'pruned'
> & {
  /** JSON, as the database writes it: with numbers of any length. Null of a pruned row. */
  readonly content: string | null;
};

export type ConfigTextRequest = Omit<ConfigPageRequest, 'content' | keyof ConfigFilter>;

/** Lists like `listConfigs`, and neither side makes values of the contents. */
export async function listConfigTexts(
  db: Db,
  request: ConfigTextRequest,
): Promise<Omit<ConfigPage, 'rows'> & { readonly rows: readonly ConfigTextRow[] }> {
  const shown = [...textColumns, 'updated_by', ...textTimes, 'pruned'] as const;
  // The heading once: it would be read again with each of many rows.
  const once = (expression: RawBuilder<unknown>) => sql`case when coalesce(j.row_place, 1) = 1 then ${expression} end`;
  const { rows } = await sql<ConfigTextRow & Pick<Headed<unknown>, 'epoch' | 'head' | 'rows_found'>>`
    with ${judgedConfigs({ ...request, content: true })}
    select ${once(sql`head.epoch`)} as epoch, ${once(sql`head.head`)} as head, ${once(sql`j.rows_found`)} as rows_found,
      ${sql.join(shown.map((column) => sql.ref(`j.${column}`)))}, j.content::text as content
    from head left join (${onPage(request)}) j on true
    order by j.key`.execute(db);
  const [first] = rows;
  if (first === undefined) throw new Error('the head is one row');
  const { epoch, head, rows_found } = first;
  const found = rows_found === null ? [] : rows;
  return { epoch, head, rows: found, more: found.length < (rows_found ?? 0) };
}

/** The head of the project, the rows that were looked at, and the bytes before each of them. */
function judgedConfigs(request: ConfigPageRequest): RawBuilder<unknown> {
  const { project_id, at, content, kind } = request;
  const found =
    at === undefined
      ? sql`
        select ${sql.join(columns.map((column) => sql.ref(`c.${column}`)))}, false as pruned from configs c
        where c.project_id = ${project_id} and c.deleted_at is null ${keyRange(request)} ${filterOf('c', request)}
        order by c.key ${firstRows(request)}`
      : sql`
        select * from (
          select c.project_id, c.key, c.tenant_id, ${sql.join(versioned.map((column) => sql.ref(`v.${column}`)))},
            ${isPruned('v', 'n')} as pruned
          from configs c ${stateAt('v', at)} ${firstAfter('v', 'n')}
          where c.project_id = ${project_id} ${keyRange(request)}
        ) r
        where pruned or (content is not null ${filterOf('r', request)})
        order by key ${firstRows(request)}`;
  return sql`
    head as materialized (${headOf({ project_id, kind })}),
    found as materialized (${found}),
    judged as (${judged(sql`key`, content ? contentBytes : sql`${ROW_BYTES}::int`, content)})`;
}

/** The rows of the page, out of those that were looked at. */
function onPage({ bytesMax, limit }: Pick<ConfigKeys, 'bytesMax' | 'limit'>): RawBuilder<unknown> {
  return sql`select * from judged where bytes_before < ${bytesMax}::bigint and row_place <= ${limit}::int`;
}

/**
 * One row more than the page may have. The planner is not told how many: then it takes rows in the order of the index, also
 * while it believes, of a project that was just filled, that sorting all the rest of it for each page were cheaper.
 */
function firstRows({ limit }: Pick<ConfigKeys, 'limit'>): RawBuilder<unknown> {
  return sql`limit (select ${limit + 1}::int)`;
}

export interface TenantConfigsRequest extends Omit<ConfigKeys, 'after'>, ConfigFilter, Store {
  readonly tenant_id: string;
  /** Absent: all of the tenant's. */
  readonly project_id?: string | undefined;
  readonly after?: { readonly project_id: string; readonly key: string } | undefined;
}

/** Lists current values of a tenant by project and key, each with the project that it is of. */
export async function listTenantConfigs(db: Db, request: TenantConfigsRequest): Promise<Omit<ConfigPage, 'head'>> {
  const { tenant_id, project_id, after, prefix, content, kind } = request;
  const start =
    after === undefined ? sql`` : sql`and (c.project_id, c.key) > (${after.project_id}::uuid, ${after.key})`;
  const project = project_id === undefined ? sql`` : sql`and c.project_id = ${project_id}`;
  const { rows } = await sql<Headed<ConfigPageRow>>`
    with head as materialized (select config_epoch(${kind}) as epoch, 0::bigint as head),
      found as materialized (
        select ${sql.join(columns.map((column) => sql.ref(`c.${column}`)))}, false as pruned from configs c
        where c.tenant_id = ${tenant_id} and c.deleted_at is null ${project} ${start}
          ${keyRange({ prefix, after: undefined })} ${filterOf('c', request)}
        order by c.project_id, c.key limit ${request.limit + 1}
      ),
      judged as (${judged(sql`project_id, key`, content ? contentBytes : sql`${ROW_BYTES}::int`, content)})
    select head.epoch, head.head, j.* from head left join (${onPage(request)}) j on true
    order by j.project_id, j.key`.execute(db);
  const { epoch, rows: kept, more } = pageOf(rows);
  return { epoch, rows: kept, more };
}

export interface ConfigDiffRequest extends ConfigKeys, Store {
  readonly project_id: string;
  readonly from: number;
  readonly to: number;
  /** Contents come where both have no more bytes. */
  readonly contentBytesMax: number;
}

export type ConfigDifference = {
  readonly key: string;
  readonly pruned: boolean;
  /** Whether both contents are there. */
  readonly has_contents: boolean;
} & {
  readonly [Field in `${'from' | 'to'}_${'version' | 'schema_version'}`]: number | null;
} & {
  readonly [Field in `${'from' | 'to'}_${'content_sha256' | 'schema_id'}`]: string | null;
} & { readonly [Field in `${'from' | 'to'}_content`]: unknown };

export type ConfigDifferences = Omit<ConfigPage, 'rows'> & { readonly rows: readonly ConfigDifference[] };

/**
 * Lists the keys whose values at the two revisions are of different versions, in the order of their bytes. A key without a
 * value at a revision has no version there.
 */
export async function listConfigDifferences(db: Db, request: ConfigDiffRequest): Promise<ConfigDifferences> {
  const { project_id, from, to, kind, contentBytesMax } = request;
  const fits = (side: string) =>
    sql`coalesce(octet_length(${sql.ref(`${side}.content`)}::text), 0) <= ${contentBytesMax}::int`;
  const told = (name: string, side: string) => sql`
    case when ${sql.ref(`${side}.content`)} is not null then ${sql.ref(`${side}.version`)} end as ${sql.ref(`${name}_version`)},
    ${sql.ref(`${side}.content_sha256`)} as ${sql.ref(`${name}_content_sha256`)},
    ${sql.ref(`${side}.schema_id`)} as ${sql.ref(`${name}_schema_id`)},
    ${sql.ref(`${side}.schema_version`)} as ${sql.ref(`${name}_schema_version`)},
    case when ${fits('f')} and ${fits('t')} then ${sql.ref(`${side}.content`)} end as ${sql.ref(`${name}_content`)}`;
  const { rows } = await sql<Headed<ConfigDifference>>`
    with head as materialized (${headOf({ project_id, kind })}),
      found as materialized (
        select c.key, ${isPruned('f', 'fn')} or ${isPruned('t', 'tn')} as pruned,
          ${fits('f')} and ${fits('t')} and f.content is not null and t.content is not null as has_contents,
          ${told('from', 'f')}, ${told('to', 't')}
        from configs c ${stateAt('f', from)} ${stateAt('t', to)} ${firstAfter('f', 'fn')} ${firstAfter('t', 'tn')}
        where c.project_id = ${project_id} and c.revision > ${Math.min(from, to)}::bigint ${keyRange(request)}
          and (${isPruned('f', 'fn')} or ${isPruned('t', 'tn')}
            or (f.version is distinct from t.version and (f.content is not null or t.content is not null)))
        order by c.key limit ${request.limit + 1}
      ),
      judged as (${judged(
        sql`key`,
        sql`coalesce(octet_length(from_content::text), 0) + coalesce(octet_length(to_content::text), 0) + ${ROW_BYTES}::int`,
        true,
      )})
    select head.epoch, head.head, j.* from head left join (${onPage(request)}) j on true
    order by j.key`.execute(db);
  return pageOf(rows);
}

export interface ConfigMoment {
  readonly epoch: string | null;
  readonly head: number;
  /** The last revision that was made at the time or before; 0: there was none. */
  readonly revision: number;
}

/** Finds the last revision of the project at or before the time, by bisection: so as exactly as times follow revisions. */
export async function findConfigMoment(
  db: Db,
  { project_id, at, kind }: Store & { readonly project_id: string; readonly at: string },
): Promise<ConfigMoment> {
  const { rows } = await sql<ConfigMoment>`
    with recursive head as materialized (${headOf({ project_id, kind })}), steps as (
      select 1::bigint as low, head.head + 1 as high from head
      union all
      select case when coalesce(e.is_late, true) then low else middle + 1 end,
        case when coalesce(e.is_late, true) then middle else high end
      from steps cross join lateral (select (low + high) / 2 as middle) as m
        left join lateral (
          select r.created_at > ${at}::timestamptz as is_late from config_revisions r
          where r.project_id = ${project_id} and r.revision >= m.middle order by r.revision limit 1
        ) as e on true
      where low < high
    )
    select head.epoch, head.head, steps.low - 1 as revision from head, steps where steps.low = steps.high`.execute(db);
  const [moment] = rows;
  if (moment === undefined) throw new Error('a bisection ends');
  return moment;
}

/** What a row takes beside its content, about. */
const ROW_BYTES = 700;
const contentBytes = sql`coalesce(octet_length(content::text), 0) + ${ROW_BYTES}::int`;

/** The columns that change with each version. */
const versioned = [
  'version',
  'revision',
  'content',
  'content_sha256',
  'schema_id',
  'schema_version',
  'write_id',
  'updated_by',
  'updated_by_user_id',
  'created_at',
  'updated_at',
] as const;
const columns = ['project_id', 'key', 'tenant_id', ...versioned] as const;

function headOf({ project_id, kind }: { readonly project_id: string; readonly kind: string }): RawBuilder<unknown> {
  return sql`
    select config_epoch(${kind}) as epoch,
      coalesce((select revision from config_heads where project_id = ${project_id}), 0) as head`;
}

/** Joins the value that the key had at the revision: the current row when it is no newer, or one row of the history. */
function stateAt(alias: string, revision: number): RawBuilder<unknown> {
  return sql`
    left join lateral (
      select ${sql.join(versioned.map((column) => sql.ref(`c.${column}`)))} where c.revision <= ${revision}::bigint
      union all
      (select r.version, r.revision, r.content, r.content_sha256, r.schema_id, r.schema_version, r.write_id, r.author,
          r.author_user_id, r.since, r.created_at
        from config_revisions r
        where c.revision > ${revision}::bigint and r.project_id = c.project_id and r.config_key = c.key
          and r.revision <= ${revision}::bigint
        order by r.revision desc limit 1)
    ) as ${sql.ref(alias)} on true`;
}

/** Joins the oldest version that is kept of a key that has none at the revision: it tells whether there was one. */
function firstAfter(state: string, alias: string): RawBuilder<unknown> {
  return sql`
    left join lateral (
      select r.version from config_revisions r
      where ${sql.ref(`${state}.version`)} is null and r.project_id = c.project_id and r.config_key = c.key
      order by r.revision limit 1
    ) as ${sql.ref(alias)} on true`;
}

/** Old versions are pruned from the first on: when the first one is kept, the key was never written before it. */
function isPruned(state: string, first: string): RawBuilder<unknown> {
  return sql`(${sql.ref(`${state}.version`)} is null and coalesce(${sql.ref(`${first}.version`)}, 2) > 1)`;
}

/** Compares bytes, so a prefix is a range. */
function keyRange({ prefix, after }: Pick<ConfigKeys, 'prefix' | 'after'>): RawBuilder<unknown> {
  const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  return sql`
    ${after === undefined ? sql`` : sql`and c.key > ${after}`}
    ${prefix === '' ? sql`` : sql`and c.key >= ${prefix} and c.key < ${end}`}`;
}

function filterOf(alias: string, { schema_id, contains }: ConfigFilter): RawBuilder<unknown> {
  return sql`
    ${schema_id === undefined ? sql`` : sql`and ${sql.ref(`${alias}.schema_id`)} = ${schema_id}::uuid`}
    ${contains === undefined ? sql`` : sql`and ${sql.ref(`${alias}.content`)} @> ${contains}::jsonb`}`;
}

/** The rows that were found, each with its place and the bytes before it. */
function judged(order: RawBuilder<unknown>, bytes: RawBuilder<unknown>, withContent: boolean): RawBuilder<unknown> {
  const shown = withContent
    ? sql`f.*`
    : sql`${sql.join(bare.map((column) => sql.ref(`f.${column}`)))}, null::jsonb as content`;
  return sql`
    select ${shown}, count(*) over () as rows_found, row_number() over (order by ${order}) as row_place,
      coalesce(sum(${bytes}) over (order by ${order} rows between unbounded preceding and 1 preceding), 0)::bigint
        as bytes_before
    from found f`;
}

const bare = [...columns.filter((column) => column !== 'content'), 'pruned'] as const;

type Headed<Row> = Row & {
  readonly epoch: string | null;
  readonly head: number;
  /** Null: the page has no row. */
  readonly row_place: number | null;
  readonly rows_found: number;
  readonly bytes_before: number;
};

function pageOf<Row>(found: readonly Headed<Row>[]): Omit<ConfigPage, 'rows'> & { readonly rows: readonly Row[] } {
  const [first] = found;
  if (first === undefined) throw new Error('the head is one row');
  const { epoch, head, rows_found } = first;
  const rows = found
    .filter(({ row_place }) => row_place !== null)
    .map(({ epoch: _, head: __, row_place: ___, rows_found: ____, bytes_before: _____, ...row }) => row as Row);
  return { epoch, head, rows, more: rows.length < (rows_found ?? 0) };
}
