/** The database's clock, on which replicas with different clocks of their own agree. */
import { sql } from 'kysely';
import type { Db } from '../handles.ts';

/**
 * Reads the time of the database, to the millisecond. It is the time of the reading, not of the transaction's begin,
 * and lies between the caller's sending and receiving: half of that round trip bounds the error of an offset made from
 * it.
 */
export async function findDatabaseTime(db: Db): Promise<Date> {
  const { rows } = await sql<{ ms: number }>`
    select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as ms`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('the database told no time');
  return new Date(row.ms);
}
