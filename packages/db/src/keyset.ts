/** Keyset pagination, once: a page starts after the last row of the one before, so inserts never shift it. */
import { type RawBuilder, type ReferenceExpression, type SelectQueryBuilder, sql } from 'kysely';
import type { DB } from './schema.ts';

export interface PageRequest {
  /** Rows at most. */
  readonly limit: number;
  /** The key values of the last row seen, in the order of the keyset's columns; absent for the first page. */
  readonly after?: readonly string[] | undefined;
}

/** Something that sorts as a column does: for an index that says it in the same words. */
export interface Sorter {
  readonly column: string;
  /** Of the column, and of a key value. */
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

function toSorter(column: unknown): Sorter {
  return isSorter(column) ? column : { column: String(column), of: (value) => value };
}

function isSorter(column: unknown): column is Sorter {
  return typeof column === 'object' && column !== null && 'of' in column;
}
