/** The migration to managed databases, up and down. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Db } from '../src/handles.ts';
import { migrateDown, migrateUp } from '../src/migrate.ts';
import { migrations } from '../src/migrations.ts';
import { emptyDatabase } from '../src/testing.ts';
import { closedAfterTest } from './support.ts';

const before = Object.keys(migrations).indexOf('0026_databases');

/** The names of everything that concerns managed databases. */
async function made(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relname ~ '^(idx_)?database(s|_work)(_|$)'
    union all select tgname from pg_trigger where tgname = 'tenants_reconcile_databases'
    union all select proname from pg_proc where proname = 'reconcile_databases_of_tenant'
    union all select conname from pg_constraint where conname = 'groups_tenant_id_id_slug_key'`.execute(db);
  return rows.map(({ name }) => name);
}

// proves D28
test('one migration makes the tables with their indexes, and its down leaves nothing of them', async () => {
  const { db } = await closedAfterTest(emptyDatabase());
  await migrateUp(db, before);
  expect(await made(db)).toEqual([]);
  await migrateUp(db, 1);
  expect(await made(db)).toEqual(
    expect.arrayContaining([
      ...['databases', 'database_work', 'tenants_reconcile_databases'],
      ...['idx_databases_name_active', 'idx_databases_owner_team', 'idx_databases_status'],
    ]),
  );
  await migrateDown(db, 1);
  expect(await made(db)).toEqual([]);
});
