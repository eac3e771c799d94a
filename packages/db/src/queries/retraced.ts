/** The audit log as clients of Retraced search it: newest first, one product, one tenant or all of them. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Db } from '../handles.ts';
import type { AuditRow } from './audit.ts';

export interface ActionTerm {
  readonly text: string;
  /** It is the beginning of actions. */
  readonly isPrefix: boolean;
}

/** From a moment on, and before another. */
export interface Span {
  readonly since: string | undefined;
  readonly until: string | undefined;
}

/** One value of each list that has any must fit; of descriptions, locations and words, every one. */
export interface RetracedSearch {
  readonly actions: readonly ActionTerm[];
  readonly cruds: readonly string[];
  readonly actor_ids: readonly string[];
  readonly actor_names: readonly string[];
  readonly target_ids: readonly string[];
  readonly external_ids: readonly string[];
  readonly descriptions: readonly string[];
  readonly locations: readonly string[];
  readonly words: readonly string[];
  readonly received?: Span;
  readonly created?: Span;
}

export interface RetracedScope {
  readonly product: string;
  /** Undefined: rows of all tenants, and those of none; null: those of none alone. */
  readonly tenant_id: string | null | undefined;
  /** Null: rows of every project, and those of none. */
  readonly project_id: string | null;
  /** Null: rows of every target, and those of none. */
  readonly target_id: string | null;
}

/** Where a row stands in the order of pages: its time and its id. */
export type RowPlace = readonly [createdAt: string, id: string];

export interface RetracedPageRequest {
  readonly limit: number;
  readonly after: RowPlace | undefined;
  /** The rows end with the one that reaches this many bytes. */
  readonly bytesMax: number;
  /** How many rows are looked at. */
  readonly rowsMax: number;
}

export interface RetracedPage {
  readonly rows: AuditRow[];
  /** The bytes of these rows, about. */
  readonly bytes: number;
  /** How many rows were looked at. */
  readonly looked: number;
  /** How many of the rows that were looked at fit. */
  readonly hits: number;
  /** The last row that was looked at, where rows follow it; null: all were. */
  readonly end: RowPlace | null;
}

/**
 * Lists rows that fit, newest first, among the newest `rowsMax` that an index finds by the tenant (or the product of all
 * tenants) and by what else has an index. Looks at no more rows than these, whatever the search is.
 */
export async function listRetracedEvents(
  db: Db,
  { scope, search }: { readonly scope: RetracedScope; readonly search: RetracedSearch },
  { limit, after, bytesMax, rowsMax }: RetracedPageRequest,
): Promise<RetracedPage> {
  const { rows } = await sql<Told & (AuditRow | NoRow)>`
    with looked as materialized (
      select id, created_at, row_number() over (order by created_at desc, id desc) as place,
        coalesce(${all(fits(scope, search))}, false) as hit
      from (
        select * from audit_log where ${all([...indexed(scope, search), ...since(after)])}
        order by created_at desc, id desc
        limit ${rowsMax}::int + 1
      ) as a
    ),
    told as (
      select count(*) filter (where hit and place <= ${rowsMax}::int)::int as hits, count(*)::int as looked
      from looked
    ),
    found as (
      select id from looked where hit and place <= ${rowsMax}::int
      order by created_at desc, id desc
      limit ${limit}::int
    ),
    sized as (
      select a.*, coalesce(sum(${bytes}) over (
        order by a.created_at desc, a.id desc rows between unbounded preceding and 1 preceding
      ), 0)::bigint as bytes_before, ${bytes} as bytes
      from found join audit_log as a on a.id = found.id
    )
    select s.*, told.hits, told.looked, e.created_at as end_created_at, e.id as end_id
    from told
    left join looked as e on e.place = ${rowsMax}::int
    left join sized as s on s.bytes_before < ${bytesMax}::bigint
    order by s.created_at desc, s.id desc`.execute(db);
  const [first] = rows;
  const { hits = 0, looked = 0, end_created_at = null, end_id = null } = first ?? {};
  const isEnd = looked <= rowsMax || end_created_at === null || end_id === null;
  return {
    rows: rows.flatMap(({ hits: _, looked: __, end_created_at: ___, end_id: ____, bytes: _____, ...row }) =>
      isRow(row) ? row : [],
    ),
    bytes: rows.reduce((sum, row) => sum + (row.bytes ?? 0), 0),
    looked: Math.min(looked, rowsMax),
    hits,
    end: isEnd ? null : [end_created_at, end_id],
  };
}

interface Told {
  readonly hits: number;
  readonly looked: number;
  readonly bytes: number | null;
  readonly end_created_at: string | null;
  readonly end_id: string | null;
}

/** Without a row that fits, the figures come with a row of nulls. */
interface NoRow {
  readonly id: null;
}

function isRow(row: AuditRow | NoRow): row is AuditRow {
  return row.id !== null;
}

const bytes = sql`octet_length(a.metadata::text) + coalesce(octet_length(a.extra::text), 0)
  + coalesce(octet_length(a.description), 0) + 500`;

type Condition = RawBuilder<SqlBool>;

function all(conditions: readonly Condition[]): RawBuilder<SqlBool> {
  return sql<SqlBool>`(${sql.join([sql`true`, ...conditions], sql` and `)})`;
}

/** What an index finds in the order of pages. */
function indexed({ product, tenant_id, target_id }: RetracedScope, search: RetracedSearch): Condition[] {
  const [actor, target, action] = [only(search.actor_ids), only(search.target_ids), only(search.actions)];
  const { since, until } = search.received ?? {};
  return [
    ...(tenant_id === undefined ? [sql<SqlBool>`product = ${product}`] : []),
    ...(tenant_id === null ? [sql<SqlBool>`product = ${product} and tenant_id is null`] : []),
    ...(typeof tenant_id === 'string' ? [sql<SqlBool>`tenant_id = ${tenant_id}`] : []),
    ...(target_id === null ? [] : [sql<SqlBool>`target_id = ${target_id}`]),
    ...(actor === undefined ? [] : [sql<SqlBool>`actor_id = ${actor}`]),
    ...(target === undefined ? [] : [sql<SqlBool>`target_id = ${target}`]),
    ...(action === undefined || action.isPrefix ? [] : [sql<SqlBool>`action = ${action.text}`]),
    ...(since === undefined ? [] : [sql<SqlBool>`created_at >= ${since}::timestamptz`]),
    ...(until === undefined ? [] : [sql<SqlBool>`created_at < ${until}::timestamptz`]),
  ];
}

function only<T>(values: readonly T[]): T | undefined {
  return values.length === 1 ? values[0] : undefined;
}

function since(after: RowPlace | undefined): Condition[] {
  if (after === undefined) return [];
  const [createdAt, id] = after;
  return [sql<SqlBool>`(created_at, id) < (${createdAt}::timestamptz, ${id}::uuid)`];
}

/** What is asked of each row that was found. */
function fits({ product, project_id }: RetracedScope, search: RetracedSearch): Condition[] {
  const { since, until } = search.created ?? {};
  return [
    sql<SqlBool>`product = ${product}`,
    ...(project_id === null ? [] : [sql<SqlBool>`project_id = ${project_id}`]),
    ...oneOf('crud', search.cruds),
    ...oneOf('actor_id', search.actor_ids),
    ...oneOf('target_id', search.target_ids),
    ...oneOf('external_id', search.external_ids),
    ...some(search.actions.map(hasAction)),
    ...some(search.actor_names.map((name) => contains(sql`actor_name`, name))),
    ...search.descriptions.map((text) => contains(sql`description`, text)),
    ...search.locations.map((text) => contains(sql`host(source_ip)`, text)),
    ...search.words.map((word) => contains(words, word)),
    ...(since === undefined ? [] : [sql<SqlBool>`occurred_at >= ${since}::timestamptz`]),
    ...(until === undefined ? [] : [sql<SqlBool>`occurred_at < ${until}::timestamptz`]),
  ];
}

/** The texts in which words are looked for: those that every row keeps at its place. */
const words = sql`concat_ws(' ', action, actor_id, actor_name, target_id, target_name, description, external_id, host(source_ip))`;

function oneOf(column: string, values: readonly string[]): Condition[] {
  return values.length === 0 ? [] : [sql<SqlBool>`${sql.ref(column)} = any(${[...values]}::text[])`];
}

function some(conditions: readonly Condition[]): Condition[] {
  return conditions.length === 0 ? [] : [sql<SqlBool>`(${sql.join(conditions, sql` or `)})`];
}

function hasAction({ text, isPrefix }: ActionTerm): Condition {
  return isPrefix ? sql<SqlBool>`starts_with(action, ${text})` : sql<SqlBool>`action = ${text}`;
}

/** In any case of its letters. No wildcards: nothing has to be escaped. */
function contains(text: RawBuilder<unknown>, part: string): Condition {
  return sql<SqlBool>`strpos(lower(coalesce(${text}, '')), lower(${part})) > 0`;
}

export interface NamedTenant {
  readonly id: string;
  readonly slug: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Lists the tenants that have one of the texts as their id or as their slug. */
export function listTenantsNamed(db: Db, names: readonly string[]): Promise<NamedTenant[]> {
  const ids = names.filter((name) => UUID.test(name));
  return db
    .selectFrom('tenants')
    .select(['id', 'slug'])
    .where((where) =>
      where.or([
        where(sql<string>`id`, '=', sql<string>`any(${ids}::uuid[])`),
        where(sql<string>`slug`, '=', sql<string>`any(${[...names]}::text[])`),
      ]),
    )
    .execute();
}
