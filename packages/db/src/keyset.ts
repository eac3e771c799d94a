/** Keyset pagination, once: a page starts after the last row of the one before, so inserts never shift it. */
import { type ReferenceExpression, type SelectQueryBuilder, sql } from 'kysely';
import type { DB } from './schema.ts';

export interface PageRequest {
  /** Rows at most. */
  readonly limit: number;
  /** The key values of the last row seen, in the order of the keyset's columns; absent for the first page. */
  readonly after?: readonly string[] | undefined;
}

/**
 * Returns the query restricted to the page: newest first over `columns` (the last one unique), and one row more than
 * the limit, which tells whether a next page exists. The row comparison lets one index serve filter, order and start.
 */
export function keyset<T extends keyof DB, O>(
  query: SelectQueryBuilder<DB, T, O>,
  columns: readonly ReferenceExpression<DB, T>[],
  { limit, after }: PageRequest,
): SelectQueryBuilder<DB, T, O> {
  let page = query;
  for (const column of columns) page = page.orderBy(column, 'desc');
  if (after !== undefined) {
    page = page.where(
      sql<boolean>`(${sql.join(columns.map((column) => sql.ref(String(column))))}) < (${sql.join([...after])})`,
    );
  }
  return page.limit(limit + 1);
}
