/** Fills tables with copies of the rows that a tenant has, so that a planner meets what it meets in production. */
import type { Db } from '@tenant-registry/db';
import { sql } from 'kysely';

/** Expressions by column, of `i`, the number of the copy, and of `s`, the row that is copied. */
type Changes = Readonly<Record<string, string>>;

export interface Copies {
  readonly table: string;
  readonly rows: number;
  /** The condition of the one row that is copied; absent: any row of the tenant. */
  readonly from?: string;
  readonly change?: Changes;
}

/** An id of each copy, spread over all ids. */
export const idOf = (table: string, number = 'i') => `md5('${table}' || ${number})::uuid`;

/**
 * Inserts the copies. One statement for each table; neither triggers nor foreign keys are asked, so whoever makes copies
 * makes those that may exist.
 */
export async function insertCopies(db: Db, tenantId: string, tables: readonly Copies[]): Promise<void> {
  const { rows: all } = await sql<{ table: string; column: string; is_id: boolean }>`
    select table_name as table, column_name as column, udt_name = 'uuid' as is_id from information_schema.columns
    where table_schema = 'public' and is_generated = 'NEVER' order by ordinal_position`.execute(db);
  await db.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx);
    await sql`set local statement_timeout = 0`.execute(tx);
    // An index that is built at the end costs a tenth of one that each row is added to.
    const indexes = sql`indrelid = any(${tables.map(({ table }) => table)}::text[]::regclass[])`;
    await sql`update pg_index set indisready = false where ${indexes}`.execute(tx);
    for (const { table, rows, from, change = {} } of tables) {
      const columns = all.filter((each) => each.table === table).map(({ column }) => column);
      const own = columns.includes('tenant_id') ? `tenant_id = '${tenantId}'` : 'true';
      const standing: Changes = {
        id: idOf(table),
        tenant_id: `case when i % 2 = 0 then s.tenant_id else ${idOf('tenants')} end`,
      };
      const values = columns.map((column) => change[column] ?? standing[column] ?? `s."${column}"`);
      const { numAffectedRows } = await sql`
        insert into ${sql.table(table)} (${sql.join(columns.map((column) => sql.id(column)))})
        select ${sql.raw(values.join(', '))}
        from (select * from ${sql.table(table)} where ${sql.raw(from ?? own)} limit 1) as s, generate_series(1, ${rows}::int) as i`.execute(
        tx,
      );
      if (Number(numAffectedRows) !== rows) throw new Error(`there is no row of ${table} to copy`);
    }
    for (const { table } of tables) await sql`reindex table ${sql.table(table)}`.execute(tx);
  });
  for (const { table } of tables) await sql`analyze ${sql.table(table)}`.execute(db);
}
