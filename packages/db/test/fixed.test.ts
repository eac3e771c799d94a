import { openAsBlob } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { type DatabaseHandle, openDatabase } from '../src/database.ts';
import { fixedRow } from '../src/fixed.ts';
import type { Db } from '../src/handles.ts';
import { columns } from '../src/schema.ts';
import { testDatabase } from '../src/testing.ts';
import { newTenant } from './support.ts';

const database = await testDatabase();
afterAll(() => database.close());
const onPostgres = test.runIf(inject('engine') === 'postgres');

/** Opens a handle with one connection, so that each statement meets what the one before it left there. */
async function open(directUrl?: string): Promise<DatabaseHandle> {
  const { url = '' } = database;
  const handle = await openDatabase(
    inject('engine') === 'postgres'
      ? { url, connectionsMax: 1, connectTimeoutMs: 10_000, ...(directUrl === undefined ? {} : { directUrl }) }
      : { pglite: { snapshot: await openAsBlob(inject('pglite').migrated) } },
  );
  onTestFinished(() => handle.close());
  return handle;
}

const find = fixedRow('test_tenant', (db, id: string, status: 'active' | 'trial') =>
  db.selectFrom('tenants').select(columns.tenants).where('status', '=', status).where('id', '=', id),
);
const found = (db: Db, id: string) =>
  db.selectFrom('tenants').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
const prepared = async (db: Db) => {
  const { rows } = await sql<{ name: string }>`select name from pg_prepared_statements order by name`.execute(db);
  return rows.map(({ name }) => name);
};

describe('a fixed statement', () => {
  test('finds what the same statement of the query builder finds, with each value in its place', async () => {
    const { db, forTenant } = await open();
    const [mine, others] = [await newTenant(db, { region: 'eu' }), await newTenant(db)];
    const scoped = forTenant({ tenant_id: mine, project_id: null });
    for (const id of [mine, others, mine]) {
      expect(await find(db, id, 'active')).toEqual(await found(db, id));
      expect(await db.transaction().execute((tx) => find(tx, id, 'active'))).toEqual(await found(db, id));
      expect(await find(db, id, 'trial')).toBeUndefined();
    }
    expect(await find(scoped, mine, 'active')).toEqual(await found(db, mine));
    expect(await find(scoped, others, 'active')).toBeUndefined();
    expect(await scoped.transaction().execute((tx) => find(tx, others, 'active'))).toBeUndefined();
  });

  onPostgres('is planned once for callers of the platform and once for those of tenants', async () => {
    const { db, forTenant } = await open();
    const id = await newTenant(db);
    const scoped = forTenant({ tenant_id: id, project_id: null });
    for (const handle of [db, scoped, db, scoped]) expect(await find(handle, id, 'active')).toMatchObject({ id });
    expect(await prepared(db)).toEqual(['enter_tenant', 'tenant_test_tenant', 'test_tenant']);
  });

  onPostgres('leaves nothing behind in the sessions of a pooler', async () => {
    const { db } = await open(database.url);
    const id = await newTenant(db);
    expect(await find(db, id, 'active')).toMatchObject({ id });
    expect(await prepared(db)).toEqual([]);
  });

  onPostgres('goes on when a migration of a newer release adds a column', async () => {
    const { db } = await open();
    const id = await newTenant(db);
    const before = await find(db, id, 'active');
    await db.schema.alterTable('tenants').addColumn('of_a_newer_release', 'text').execute();
    onTestFinished(() => db.schema.alterTable('tenants').dropColumn('of_a_newer_release').execute());
    for (const handle of [db, db]) expect(await find(handle, id, 'active')).toEqual(before);
    expect(await db.transaction().execute((tx) => find(tx, id, 'active'))).toEqual(before);
  });

  test('reads the rows of each statement in their own shape', async () => {
    const { db, prepare } = await open();
    const asNumber = prepare<{ n: unknown }>({ name: 'test_shape', text: 'select 1::int as n where $1::int = 1' });
    const asText = prepare<{ t: unknown }>({
      name: 'test_shape_2',
      text: `select 'a' as t, null as u where $1::int = 1`,
    });
    for (const _ of [1, 2]) {
      expect(await asNumber([1])).toEqual([{ n: 1 }]);
      expect(await asNumber([2])).toEqual([]);
      expect(await asText([1])).toEqual([{ t: 'a', u: null }]);
    }
    expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
  });

  test('is refused when it selects whatever columns there are, or has the name of another', async () => {
    const { db } = await open();
    const star = fixedRow('test_star', (any, id: string) => any.selectFrom('tenants').selectAll().where('id', '=', id));
    await expect(star(db, 'x')).rejects.toThrow('test_star selects *');
    expect(() => fixedRow('test_star', (any) => any.selectFrom('tenants').select('id'))).toThrow('two statements');
  });
});
