import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import type { Db } from '../../src/handles.ts';
import { findDatabaseTime } from '../../src/queries/database-clock.ts';
import { testDatabase } from '../../src/testing.ts';

const database = await testDatabase();
const { db, forTenant } = database;
afterAll(() => database.close());

/** To the millisecond, by another way than the query's. */
async function databaseTime(handle: Db): Promise<number> {
  const { rows } = await sql<{ at: string }>`
    select date_trunc('milliseconds', clock_timestamp()) as at`.execute(handle);
  return Date.parse(rows[0]?.at ?? '');
}

test('the time of the database is that of its own clock', async () => {
  const before = await databaseTime(db);
  const time = (await findDatabaseTime(db)).getTime();
  const after = await databaseTime(db);
  expect(before).toBeLessThanOrEqual(time);
  expect(time).toBeLessThanOrEqual(after);
});

test('it moves on within a transaction', async () => {
  const moved = await db.transaction().execute(async (tx) => {
    const first = await findDatabaseTime(tx);
    await sql`do $$ begin while clock_timestamp() < now() + interval '2 ms' loop end loop; end $$`.execute(tx);
    return (await findDatabaseTime(tx)).getTime() - first.getTime();
  });
  expect(moved).toBeGreaterThan(0);
});

test('does not depend on the time zone of the session, and a tenant may ask too', async () => {
  const scoped = forTenant({ tenant_id: '01890000-0000-7000-8000-000000000001', project_id: null });
  const [before, time, after] = await scoped.transaction().execute(async (tx) => {
    await sql`set local time zone 'Pacific/Kiritimati'`.execute(tx);
    return [await databaseTime(tx), (await findDatabaseTime(tx)).getTime(), await databaseTime(tx)];
  });
  expect(before).toBeLessThanOrEqual(Number(time));
  expect(time).toBeLessThanOrEqual(Number(after));
});
