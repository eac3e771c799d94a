/** The migration to networks, up and down. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Db } from '../src/handles.ts';
import { migrateDown, migrateUp } from '../src/migrate.ts';
import { migrations } from '../src/migrations.ts';
import { emptyDatabase } from '../src/testing.ts';
import { closedAfterTest, newTenant, unique } from './support.ts';

const before = Object.keys(migrations).indexOf('0027_network');

/** The names of everything that concerns networks. */
async function made(db: Db): Promise<string[]> {
  const pattern = '^(resources|nodes|project_mesh|domain_mesh|mesh|tenants_mesh|tenants_region)(_|$)';
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relname ~ ${pattern}
    union all select tgname from pg_trigger where tgname ~ ${pattern}
    union all select proname from pg_proc where pronamespace = 'public'::regnamespace and proname ~ ${pattern}
    union all select conname from pg_constraint where conname ~ ${pattern}
    union all select attname from pg_attribute
    where attrelid = 'tenants'::regclass and attname ~ '^(region|mesh_)'`.execute(db);
  return rows.map(({ name }) => name).sort();
}

const schemasOfExtension = async (db: Db) =>
  (
    await sql<{ name: string }>`
      select extnamespace::regnamespace::text as name from pg_extension where extname = 'btree_gist'`.execute(db)
  ).rows.map(({ name }) => name);

// proves C23, C27
test.each([
  ['that is not there yet', undefined, 'public'],
  ['that an administrator made in another schema', 'extensions', 'extensions'],
])('one migration makes networks with an extension %s, and its down leaves that alone', async (_, schema, place) => {
  const { db } = await closedAfterTest(emptyDatabase());
  await migrateUp(db, before);
  if (schema !== undefined) {
    await sql`create schema ${sql.id(schema)}`.execute(db);
    await sql`create extension btree_gist schema ${sql.id(schema)}`.execute(db);
  }
  expect(await made(db)).toEqual([]);
  await migrateUp(db, 1);
  const first = await made(db);
  expect(first).toEqual(
    expect.arrayContaining([
      ...['resources', 'nodes', 'project_mesh_ip_reservations', 'domain_mesh_ip_allocations', 'mesh_free_ranges'],
      ...['mesh_cidr', 'region', 'mesh_first', 'mesh_last', 'mesh_host', 'tenants_mesh_cidr_excl'],
    ]),
  );
  const mesh_space = unique('s');
  await newTenant(db, { mesh_space, mesh_cidr: '10.20.0.0/16' });
  await expect(newTenant(db, { mesh_space, mesh_cidr: '10.20.4.0/24' })).rejects.toThrow('tenants_mesh_cidr_excl');
  await migrateDown(db, 1);
  expect(await made(db)).toEqual([]);
  expect(await schemasOfExtension(db)).toEqual([place]);
  await migrateUp(db, 1);
  expect(await made(db)).toEqual(first);
  expect(await migrateUp(db)).toEqual(Object.keys(migrations).slice(before + 1));
});
