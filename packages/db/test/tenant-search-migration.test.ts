// engine: postgres
/** The index of the search that was built before its migration (docs/upgrade.md). */
import { type Kysely, sql } from 'kysely';
import { expect, test } from 'vitest';
import { up } from '../migrations/0029_tenant_search.ts';
import { testDatabase } from '../src/testing.ts';
import { closedAfterTest } from './support.ts';

test('an index that is there is kept, and one that failed is built anew', async () => {
  const { db } = await closedAfterTest(testDatabase());
  const migrateAgain = () => db.transaction().execute((tx) => up(tx as unknown as Kysely<unknown>)); // as Kysely's migrator hands it over
  const findIndex = async () => {
    const { rows } = await sql`
      select indexrelid, indisvalid from pg_index where indexrelid = to_regclass('tenants_search_idx')`.execute(db);
    return rows[0];
  };
  const built = await findIndex();
  expect(built).toMatchObject({ indisvalid: true });
  await migrateAgain();
  expect(await findIndex()).toEqual(built);
  await sql`update pg_index set indisvalid = false where indexrelid = to_regclass('tenants_search_idx')`.execute(db);
  await migrateAgain();
  const anew = await findIndex();
  expect(anew).toMatchObject({ indisvalid: true });
  expect(anew).not.toEqual(built);
});
