/** Pages of the rows that hold a text: what they cost does not grow with the table. */
import { hash } from 'node:crypto';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Db } from './handles.ts';
import type { PageRequest } from './keyset.ts';
import { PREPARE } from './prepared.ts';
import { columns } from './schema.ts';

/** Rows that are looked at first, the newest ones: some tenths of a millisecond. */
const NEWEST = 200;

/** Of the name of a prepared statement: two texts have one with a chance of 1 in 2^64. */
const NAME_DIGITS = 16;

/** Rows that are sorted to find the newest of them: some milliseconds. */
const FEW = 1000;

export interface TextSearch {
  /** Sorted by its column `id`. */
  readonly table: 'databases' | 'tenants';
  /** What an index of its own finds: the rows to which the search is confined. */
  readonly within: readonly RawBuilder<SqlBool>[];
  /** What is asked of each row; that it holds the text is among it. */
  readonly fits: readonly RawBuilder<SqlBool>[];
  /** What an index says of the rows that may hold the text. Made of values in a query of its own, as `runsOf` is. */
  readonly indexed: RawBuilder<SqlBool>;
}

/**
 * Returns a page as `keyset` does: newest first, one row more than the limit. A common text fills it from the newest rows.
 * A text that few rows hold is found by the index. What lies between is met soon by going through all rows, newest first.
 *
 * Each of these ways is in the statement, and a part that is not needed is not run, because the planner cannot choose: it
 * takes the letters of a phrase for independent of each other, so a phrase that a quarter of all rows share looks rare to it.
 */
export async function rowsHolding<Row>(db: Db, search: TextSearch, { limit, after }: PageRequest): Promise<Row[]> {
  const most = sql`${limit + 1}::int`;
  const table = sql.table(search.table);
  // By name: a prepared statement must give the same columns after a migration.
  const shown = sql.join(columns[search.table].map((column) => sql.ref(column)));
  const within = all([...search.within, ...(after === undefined ? [] : [sql<SqlBool>`id < ${after[0]}::uuid`])]);
  const fits = all(search.fits);
  const { sql: text, ...query } = sql<Row>`
    with near as materialized (
      select * from (select * from ${table} where ${within} order by id desc limit ${sql.lit(NEWEST)}) as newest
      where ${fits} order by id desc limit ${most}
    ), few as materialized (
      select * from ${table}
      where (select count(*) from near) < ${most} and ${within} and ${fits} and ${search.indexed} limit ${sql.lit(FEW + 1)}
    )
    select ${shown} from (
      select * from near where (select count(*) from near) = ${most}
      union all
      select * from few where (select count(*) from few) <= ${sql.lit(FEW)}
      union all (
        select * from ${table} where (select count(*) from few) > ${sql.lit(FEW)} and ${within} and ${fits}
        order by id desc limit ${most}
      )
    ) as found
    order by id desc limit ${most}`.compile(db);
  // To plan it takes longer than to run it. There is one text for each set of filters, and one plan for all of its values.
  const name = `search_${hash('sha1', text).slice(0, NAME_DIGITS)}`;
  const { rows } = await db.executeQuery<Row>({ ...query, sql: `${PREPARE}${name} */ ${text}` });
  return rows;
}

/**
 * SQL: the runs of letters of which each row has all that holds the text. The longest that the text has are the rarest. The
 * query of its own keeps the planner from guessing by them how many rows there are: it takes the index, whatever they are.
 */
export function runsOf(text: string): RawBuilder<string[]> {
  return sql`(select search_grams(${text}::text, least(char_length(lower(${text}::text)), 3)))`;
}

function all(conditions: readonly RawBuilder<SqlBool>[]): RawBuilder<SqlBool> {
  return sql<SqlBool>`(${sql.join([sql`true`, ...conditions], sql` and `)})`;
}
