import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { listConstraints, unnamedIn } from '../constraint-names.ts';
import { closedAfterTest } from '../support.ts';
import { configTables } from './rows.ts';

test('every constraint, unique index and trigger of configurations is named by a test of this folder', async () => {
  const { db } = await closedAfterTest(testDatabase());
  const names = await listConstraints(db, configTables);
  expect(names.length).toBeGreaterThanOrEqual(39);
  expect(unnamedIn(import.meta.dirname, names)).toEqual([]);
});

// proves B24
test('every foreign key of configurations has an index that finds its rows, and not by the tenant alone', async () => {
  const { db } = await closedAfterTest(testDatabase());
  const names = sql.join(configTables.map((table) => sql.lit(table)));
  const { rows } = await sql<{ name: string; found: boolean }>`
    select c.conname as name, exists (
      select from pg_index i
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      where i.indrelid = c.conrelid and i.indkey[0] = any(c.conkey)
        and (cardinality(c.conkey) = 1 or a.attname <> 'tenant_id')
    ) as found
    from pg_constraint c where c.contype = 'f' and c.conrelid::regclass::text in (${names})`.execute(db);
  expect(rows.length).toBe(10);
  expect(rows.filter(({ found }) => !found)).toEqual([]);
});
