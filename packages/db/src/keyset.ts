/** Keyset pagination: a page starts after the last row of the previous page, so inserts never shift it. */
import { type RawBuilder, type ReferenceExpression, type SelectQueryBuilder, sql } from 'kysely';
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
  /** True when more rows follow. */
  readonly more: boolean;
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
  { order, bytes, limit, bytesMax }: RowSize & BytesRequest,
): Promise<RowsWithin<O>> {
  const { rows } = await sql<O & Judged>`
    select * from (
      select p.*, count(*) over () as rows_found, row_number() over (order by ${order}) as row_place,
        coalesce(sum(${bytes}) over (order by ${order} rows between unbounded preceding and 1 preceding), 0)::bigint
          as bytes_before
      from (${page}) as p
    ) as r
    where bytes_before < ${bytesMax}::bigint and row_place <= ${limit}::int
    order by ${order}`.execute(db);
  const found = rows[0]?.rows_found ?? 0;
  const kept = rows.map(({ rows_found: _, row_place: __, bytes_before: ___, ...row }) => row as O);
  return { rows: kept, more: kept.length < found };
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
