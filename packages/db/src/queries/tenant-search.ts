/** The search of tenants. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Db } from '../handles.ts';
import type { PageRequest } from '../keyset.ts';
import type { TenantFilter, TenantRow } from './tenants.ts';

/** Rows that are looked at first, the newest ones: a tenth of a millisecond or two. */
const NEWEST = 500;

/** Rows that are sorted to find the newest of them. */
const FEW = 1000;

/**
 * Lists the tenants whose slug or name has `q` in it, in any case of its letters; newest first, one row more than the limit.
 * A common text fills the page from the newest tenants. One that few have is found by its runs of letters. What lies between
 * is met soon by going through all tenants, newest first.
 *
 * Each way is in the statement, because the planner cannot choose: it takes the letters of a phrase for independent of each
 * other, so a phrase that a quarter of all names share looks rare to it. A part that is not needed is not run. The runs of
 * `q` stand in a query of their own, which keeps the planner from guessing by them: it takes the index, whatever they are.
 */
export async function listTenantsHolding(
  db: Db,
  { id, q, ...filter }: TenantFilter & { readonly q: string },
  { limit, after }: PageRequest,
): Promise<TenantRow[]> {
  const most = sql`${limit + 1}::int`;
  const within = all([
    ...(id === undefined ? [] : [sql<SqlBool>`id = ${id}::uuid`]),
    ...(after === undefined ? [] : [sql<SqlBool>`id < ${after[0]}::uuid`]),
  ]);
  const fits = all([...equalities(filter), holds(q)]);
  const { rows } = await sql<TenantRow>`
    with near as materialized (
      select * from (select * from tenants where ${within} order by id desc limit ${NEWEST}::int) as newest
      where ${fits} order by id desc limit ${most}
    ), few as materialized (
      select * from tenants
      where (select count(*) from near) < ${most} and ${within} and ${fits} and ${hasRuns(q)} limit ${FEW + 1}::int
    )
    select * from (
      select * from near where (select count(*) from near) = ${most}
      union all
      select * from few where (select count(*) from few) <= ${FEW}::int
      union all (
        select * from tenants where (select count(*) from few) > ${FEW}::int and ${within} and ${fits}
        order by id desc limit ${most}
      )
    ) as found
    order by id desc limit ${most}`.execute(db);
  return rows;
}

function all(conditions: readonly RawBuilder<SqlBool>[]): RawBuilder<SqlBool> {
  return sql<SqlBool>`(${sql.join([sql`true`, ...conditions], sql` and `)})`;
}

function equalities({ status, kind }: Pick<TenantFilter, 'status' | 'kind'>): RawBuilder<SqlBool>[] {
  return [
    ...(status === undefined ? [] : [sql<SqlBool>`status = ${status}`]),
    ...(kind === undefined ? [] : [sql<SqlBool>`kind = ${kind}`]),
  ];
}

/** Slugs are in lower case. The text has no wildcards. */
function holds(q: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`(strpos(slug, lower(${q}::text)) > 0 or strpos(lower(name), lower(${q}::text)) > 0)`;
}

/** In the words of tenants_search_idx. The longest runs that the text has are the rarest. */
function hasRuns(q: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`(search_grams(slug, 1) || search_grams(name, 1)) collate "C"
    @> (select search_grams(${q}::text, least(char_length(lower(${q}::text)), 3)))`;
}
