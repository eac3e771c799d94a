/** Reads, writes and compares the rows of one table, in their text form, which is the same on both engines. */
import { sql } from 'kysely';
import type { Db } from '../handles.ts';
import type { CopiedTable } from './tables.ts';

const ROWS_MAX = 1_000;
const BYTES_WANTED = 1_000_000;

/** Makes text forms independent of the settings of a server or a role. For the rest of the transaction. */
export async function fixTextForms(db: Db): Promise<void> {
  for (const [name, value] of [
    ['timezone', 'UTC'],
    ['datestyle', 'ISO, YMD'],
    ['intervalstyle', 'postgres'],
    ['bytea_output', 'hex'],
    ['extra_float_digits', '1'],
    ['statement_timeout', '0'],
    ['idle_in_transaction_session_timeout', '0'],
  ])
    await sql`select set_config(${name}, ${value}, true)`.execute(db);
}

/** Yields the rows in batches of about a megabyte. */
export async function* rowsOf(db: Db, { name }: CopiedTable): AsyncGenerator<string[]> {
  await sql`
    declare copied_rows no scroll cursor for
    select copied_row::text as text from ${sql.table(name)} as copied_row`.execute(db);
  let [count, more] = [50, true];
  while (more) {
    const { rows } = await sql<{ text: string }>`fetch ${sql.lit(count)} from copied_rows`.execute(db);
    if (rows.length > 0) yield rows.map(({ text }) => text);
    more = rows.length === count;
    const bytes = rows.reduce((sum, { text }) => sum + text.length, 1);
    count = Math.max(1, Math.min(ROWS_MAX, Math.floor((BYTES_WANTED * rows.length) / bytes)));
  }
  await sql`close copied_rows`.execute(db);
}

/** Writes rows with the values that they have, in columns that number themselves too. */
export async function insertRows(db: Db, { name, written }: CopiedTable, rows: readonly string[]): Promise<void> {
  const columns = sql.join(written.map((column) => sql.ref(column)));
  await sql`
    insert into ${sql.table(name)} (${columns}) overriding system value
    select ${columns} from unnest(${rows}::text[]::${sql.table(name)}[])`.execute(db);
}

export interface TableSum {
  readonly rows: number;
  /** 128 bits, of all rows in any order. */
  readonly hash: string;
}

/** Resolves to the count of the rows, and to a hash in which no order matters: engines collate differently. */
export async function sumOf(db: Db, { name }: CopiedTable): Promise<TableSum> {
  const { rows } = await sql<{ rows: number; high: string; low: string }>`
    select count(*) as rows,
      coalesce(sum(('x' || substr(h, 1, 16))::bit(64)::bigint::numeric), 0)::text as high,
      coalesce(sum(('x' || substr(h, 17, 16))::bit(64)::bigint::numeric), 0)::text as low
    from ${sql.table(name)} as copied_row
    cross join lateral (select encode(sha256(convert_to(copied_row::text, 'UTF8')), 'hex') as h) as hashed`.execute(db);
  const [sum] = rows;
  if (sum === undefined) throw new Error(`${name} cannot be counted`);
  const hex = (text: string) => BigInt.asUintN(64, BigInt(text)).toString(16).padStart(16, '0');
  return { rows: sum.rows, hash: hex(sum.high) + hex(sum.low) };
}

export async function hasRows(db: Db, { name }: CopiedTable): Promise<boolean> {
  const { rows } = await sql`select from ${sql.table(name)} limit 1`.execute(db);
  return rows.length > 0;
}
