/** Keyset pagination: a page starts after the last row of the previous page, so inserts never shift it. */
import {
  type Expression,
  type RawBuilder,
  type ReferenceExpression,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import type { Db } from './handles.ts';
import type { DB } from './schema.ts';

export interface PageRequest {
  /** The most rows that the page has. */
  readonly limit: number;
  /** The key values of the last row seen, in the order of the keyset's columns; absent for the first page. */
  readonly after?: readonly string[] | undefined;
}

/** An expression that sorts as its column does, in the exact words of the index that serves it. */
export interface Sorter {
  readonly column: string;
  /** Makes the expression, of the column and of a key value. */
  readonly of: (value: RawBuilder<unknown>) => RawBuilder<unknown>;
}

/**
 * Returns the query restricted to the page: newest first over `columns` (the last one unique), and one row more than
 * the limit, which tells whether a next page exists. The row comparison lets one index serve filter, order and start.
 */
export function keyset<T extends keyof DB, O>(
  query: SelectQueryBuilder<DB, T, O>,
  columns: readonly (ReferenceExpression<DB, T> | Sorter)[],
  { limit, after }: PageRequest,
): SelectQueryBuilder<DB, T, O> {
  const sorters = columns.map(toSorter);
  const sorted = sorters.map(({ column, of }) => of(sql.ref(column)));
  let page = query;
  for (const expression of sorted) page = page.orderBy(expression, 'desc');
  if (after !== undefined) {
    const start = sorters.map(({ of }, index) => of(sql`${after[index]}`));
    page = page.where(sql<boolean>`(${sql.join(sorted)}) < (${sql.join(start)})`);
  }
  return page.limit(limit + 1);
}

export interface BytesRequest extends PageRequest {
  /** The rows end with the one that reaches this many bytes: one row at least always comes. */
  readonly bytesMax: number;
}

export interface RowsWithin<Row> {
  readonly rows: Row[];
  /** True when more rows follow, or may follow where the page did not look. */
  readonly more: boolean;
  /** The key values of the row at which a page stopped looking, behind its last row: the next page begins after it. */
  readonly lookedTo?: readonly string[];
}

export interface RowSize {
  /** The order of the page, as its keyset has it. */
  readonly order: RawBuilder<unknown>;
  /** The bytes of a row, about: an expression over its columns. */
  readonly bytes: RawBuilder<unknown>;
}

/**
 * Runs a page that `keyset` made, and returns its rows up to the limit or the size, the earlier of both. The database
 * computes the sizes of all rows within the limit and hands over those that are returned, in one statement.
 */
export async function rowsWithin<T extends keyof DB, O>(
  db: Db,
  page: SelectQueryBuilder<DB, T, O>,
  request: RowSize & BytesRequest,
): Promise<RowsWithin<O>> {
  const { rows } = await sql<O & Judged>`${within(page, request)} order by ${request.order}`.execute(db);
  const kept = rows.map((row) => unjudged<O>(row));
  return { rows: kept, more: kept.length < (rows[0]?.rows_found ?? 0) };
}

/** What a page looks for where no index finds it. */
export interface Search {
  readonly holds: RawBuilder<SqlBool>;
  /** Rows of the query that a page looks at. */
  readonly looksMax: number;
}

/**
 * Returns a page, like `keyset` and `rowsWithin`, of those rows of the query for which a condition holds. It looks at so many
 * rows and no further, one after the other, so a page may have fewer rows than its limit, or none, and yet more may follow.
 */
export async function rowsFound<T extends keyof DB, O>(
  db: Db,
  query: SelectQueryBuilder<DB, T, O>,
  columns: readonly string[],
  { holds, looksMax, ...request }: Search & RowSize & BytesRequest,
): Promise<RowsWithin<O>> {
  const { order, limit, after } = request;
  const looked = keyset(query, columns as ReferenceExpression<DB, T>[], { limit: looksMax - 1, after });
  const found = sql`select * from (${looked}) as looked where ${holds} order by ${order} limit ${limit + 1}::int`;
  const key = sql`select json_build_array(${sql.join(columns.map((column) => sql.ref(column)))})`;
  const last = sql`${key} from (${looked}) as looked order by ${order} offset ${looksMax - 1}::int limit 1`;
  // Where there are more rows than the limit, it does not matter how far the page could have looked.
  const { rows } = await sql<O & Looked>`
    select r.*, case when coalesce(r.rows_found, 0) <= ${limit}::int then (${last}) end as looked_to
    from (select) as always left join (${within(found, request)}) as r on true order by ${order}`.execute(db);
  const kept = rows.filter(({ rows_found }) => rows_found !== null).map(({ looked_to: _, ...row }) => unjudged<O>(row));
  if (kept.length < (rows[0]?.rows_found ?? 0)) return { rows: kept, more: true };
  const lookedTo = rows[0]?.looked_to ?? null;
  return lookedTo === null ? { rows: kept, more: false } : { rows: kept, more: true, lookedTo };
}

/** What the statement of a search knows; its one row has no row of the page where none was found. */
interface Looked extends Omit<Judged, 'rows_found'> {
  readonly rows_found: number | null;
  readonly looked_to: readonly string[] | null;
}

/** SQL: the rows of a page up to its limit or its size, in no order, with what is known of each. */
function within(
  page: Expression<unknown>,
  { order, bytes, limit, bytesMax }: RowSize & BytesRequest,
): RawBuilder<unknown> {
  return sql`
    select * from (
      select p.*, count(*) over () as rows_found, row_number() over (order by ${order}) as row_place,
        coalesce(sum(${bytes}) over (order by ${order} rows between unbounded preceding and 1 preceding), 0)::bigint
          as bytes_before
      from (${page}) as p
    ) as r
    where bytes_before < ${bytesMax}::bigint and row_place <= ${limit}::int`;
}

/** The row as the query has it. */
function unjudged<O>(judged: object): O {
  const { rows_found: _, row_place: __, bytes_before: ___, ...row } = judged as O & Judged;
  return row as O;
}

/** What the statement knows of each row besides the row. */
interface Judged {
  /** Rows that the page found, the one after its limit included. */
  readonly rows_found: number;
  readonly row_place: number;
  readonly bytes_before: number;
}

function toSorter(column: unknown): Sorter {
  return isSorter(column) ? column : { column: String(column), of: (value) => value };
}

function isSorter(column: unknown): column is Sorter {
  return typeof column === 'object' && column !== null && 'of' in column;
}
