import { sql } from 'kysely';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { emptyDatabase, type TestDatabase, testDatabase } from '../src/testing.ts';

async function opened(opening: Promise<TestDatabase>): Promise<TestDatabase> {
  const database = await opening;
  onTestFinished(() => database.close());
  return database;
}

async function tableNames({ db }: TestDatabase): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  return tables.map(({ name }) => name);
}

async function serverVersion({ db }: TestDatabase): Promise<string> {
  const { rows } = await sql<{ version: string }>`select version()`.execute(db);
  return rows[0]?.version ?? '';
}

test('two databases of one test file do not see each other', async () => {
  const one = await opened(testDatabase());
  const two = await opened(testDatabase());
  await sql`create table only_in_one (id int)`.execute(one.db);
  expect(await tableNames(one)).toContain('only_in_one');
  expect(await tableNames(two)).not.toContain('only_in_one');
});

test('many databases can be asked for at once', async () => {
  const databases = await Promise.all([1, 2, 3].map(() => opened(testDatabase())));
  for (const database of databases) expect(await tableNames(database)).toContain('tenants');
});

test('a test database is migrated', async () => {
  expect(await tableNames(await opened(testDatabase()))).toContain('tenants');
});

test('an empty database has no tables at all', async () => {
  expect(await tableNames(await opened(emptyDatabase()))).toEqual([]);
});

// proves A55, A56
test('a database is on the engine of the project', async () => {
  const database = await opened(testDatabase());
  expect(database.engine).toBe(inject('engine'));
  expect(/PGlite/.test(await serverVersion(database))).toBe(database.engine === 'pglite');
});

describe.runIf(inject('engine') === 'pglite')('on PGlite', () => {
  test('the server is PostgreSQL 18', async () => {
    expect(await serverVersion(await opened(testDatabase()))).toMatch(/^PostgreSQL 18\./);
  });
});

describe.runIf(inject('engine') === 'postgres')('on PostgreSQL', () => {
  const templates = inject('postgres');

  // proves A3
  test('the server is the one that was announced, and PostgreSQL 16 unless TEST_DATABASE_URL gave another', async () => {
    const version = await serverVersion(await opened(testDatabase()));
    expect(version).toContain(`PostgreSQL ${templates.version}`);
    if (templates.source !== 'TEST_DATABASE_URL') expect(version).toMatch(/^PostgreSQL 16\./);
  });

  test('a closed database is gone, also when a client was still connected', async () => {
    const watcher = await opened(testDatabase());
    const closed = await testDatabase();
    const name = new URL(closed.url ?? '').pathname.slice(1);
    const count = () => sql`select from pg_database where datname = ${name}`.execute(watcher.db);
    expect((await count()).rows).toHaveLength(1);
    await closed.close();
    expect((await count()).rows).toHaveLength(0);
  });
});
