/** Every statement about the programs that read keys, and what they expect. */
import { sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import { type BytesRequest, keyset, type RowsWithin, rowsWithin } from '../keyset.ts';

export interface ReaderKey {
  readonly project_id: string;
  readonly config_key: string;
  readonly reader: string;
}

export interface Reader extends ReaderKey {
  readonly tenant_id: string;
  /** As JSON. */
  readonly schema: string;
  readonly seen_at: Date;
}

/** Readers of a key that came at that time or later. */
export interface ReadersFilter extends Omit<ReaderKey, 'reader'> {
  readonly since: Date;
}

export interface ReaderRow {
  readonly reader: string;
  readonly schema: string;
  readonly seen_at: string;
}

export function findReader(db: Db, { project_id, config_key, reader }: ReaderKey): Promise<ReaderRow | undefined> {
  return db
    .selectFrom('config_readers')
    .select(['reader', 'schema', 'seen_at'])
    .where('project_id', '=', project_id)
    .where('config_key', '=', config_key)
    .where('reader', '=', reader)
    .executeTakeFirst();
}

/** Moves the time of a reader that expects exactly this, and tells whether there is one. */
export async function touchReader(tx: Tx, { project_id, config_key, reader, schema, seen_at }: Reader) {
  const { numUpdatedRows } = await tx
    .updateTable('config_readers')
    .set({ seen_at })
    .where('project_id', '=', project_id)
    .where('config_key', '=', config_key)
    .where('reader', '=', reader)
    .where('schema', '=', schema)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function insertOrUpdateReader(tx: Tx, row: Reader): Promise<void> {
  const { tenant_id, project_id, config_key, reader, schema, seen_at } = row;
  await tx
    .insertInto('config_readers')
    .values({ tenant_id, project_id, config_key, reader, schema, seen_at })
    .onConflict((conflict) => conflict.columns(['project_id', 'config_key', 'reader']).doUpdateSet({ schema, seen_at }))
    .execute();
}

/** Counts the readers of the key and of its project that came since then, this one apart. */
export async function findReadersInUse(
  db: Db,
  { project_id, config_key, reader, since }: ReaderKey & { readonly since: Date },
): Promise<{ readonly of_key: number; readonly of_project: number }> {
  const { rows } = await sql<{ of_key: number; of_project: number }>`
    select count(*) filter (where config_key = ${config_key}) as of_key, count(*) as of_project
    from config_readers
    where project_id = ${project_id} and seen_at >= ${since.toISOString()}::timestamptz
      and (config_key, reader) <> (${config_key}, ${reader})`.execute(db);
  return rows[0] ?? { of_key: 0, of_project: 0 };
}

/** Returns readers of the key by name, the last one first, up to the limit or the size. */
export function listReaders(
  db: Db,
  { project_id, config_key, since }: ReadersFilter,
  page: BytesRequest,
): Promise<RowsWithin<ReaderRow>> {
  const query = keyset(db.selectFrom('config_readers').select(['reader', 'schema', 'seen_at']), ['reader'], page)
    .where('project_id', '=', project_id)
    .where('config_key', '=', config_key)
    .where('seen_at', '>=', since.toISOString());
  return rowsWithin(db, query, { ...page, order: sql`reader desc`, bytes: sql`octet_length(schema) + 200` });
}

export type ReaderOfKey = Pick<ReaderRow, 'reader' | 'schema'>;

/** Returns all readers of each key by name; their number is bounded when they are inserted. */
export async function listReadersOfKeys(db: Db, asked: readonly ReadersFilter[]): Promise<ReaderOfKey[][]> {
  const { rows } = await sql<ReaderOfKey & { readonly n: number }>`/* prepare list_readers_of_keys */
    select asked.n::int as n, r.reader, r.schema
    from unnest(
        ${asked.map(({ project_id }) => project_id)}::uuid[], ${asked.map(({ config_key }) => config_key)}::text[],
        ${asked.map(({ since }) => since.toISOString())}::timestamptz[]
      ) with ordinality as asked (project_id, config_key, since, n)
      join config_readers r
        on r.project_id = asked.project_id and r.config_key = asked.config_key and r.seen_at >= asked.since
    order by asked.n, r.reader`.execute(db);
  const found: ReaderOfKey[][] = asked.map(() => []);
  for (const { n, ...reader } of rows) found[n - 1]?.push(reader);
  return found;
}

/** Deletes up to `limit` readers that did not come since then, and returns how many. */
export async function deleteReadersBefore(tx: Tx, since: Date, limit: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with late as (
      select project_id, config_key, reader from config_readers where seen_at < ${since.toISOString()}::timestamptz
      order by seen_at limit ${limit} for update skip locked
    ), forgotten as (
      delete from config_readers where (project_id, config_key, reader) in (select project_id, config_key, reader from late)
      returning reader
    )
    select count(*) as n from forgotten`.execute(tx);
  return rows[0]?.n ?? 0;
}
