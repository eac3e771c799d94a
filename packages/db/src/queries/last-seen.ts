/** When things were last seen. It is bookkeeping and no change of state, so no event reports it. */
import { sql } from 'kysely';
import type { Db } from '../handles.ts';

/**
 * Moves a time forward for many rows at once, never back. The rows are locked in the order of their ids: every replica sees
 * the busy ones, and two replicas with orders of their own would wait for each other.
 */
export async function touchLastSeen(
  db: Db,
  { table, column }: { readonly table: string; readonly column: string },
  lastSeen: ReadonlyMap<string, Date>,
): Promise<void> {
  const times = [...lastSeen.values()].map((time) => time.toISOString());
  const [rows, time] = [sql.table(table), sql.ref(column)];
  await sql`
    update ${rows} as row set ${time} = greatest(row.${time}, used.at)
    from (
      select r.id, seen.at
      from unnest(${[...lastSeen.keys()]}::uuid[], ${times}::timestamptz[]) as seen (id, at)
      join ${rows} as r on r.id = seen.id
      order by r.id for no key update of r
    ) as used
    where row.id = used.id`.execute(db);
}
