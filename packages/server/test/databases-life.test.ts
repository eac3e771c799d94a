// engine: postgres
/** Databases sleep and wake with their tenant, with their data, on a real server; and a tenant goes after them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Db, openDatabase } from '@tenant-registry/db';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { readDatabasesFile } from '../src/modules/databases/databases-file.ts';
import { newWorld } from './support/database-world.ts';
import { createGroup } from './support/groups.ts';
import { runPasses } from './support/reconciling.ts';
import { startTestServer, tenantIn } from './support/server.ts';

async function inside<T>(uri: string, work: (db: Db) => Promise<T>): Promise<T> {
  const client = await openDatabase({ url: uri, connectionsMax: 1, log: () => {} });
  try {
    return await work(client.db);
  } finally {
    await client.close();
  }
}

const hashOf = (uri: string) =>
  inside(uri, async (db) => {
    const { rows } = await sql<{ hash: string }>`
      select md5(string_agg(t::text, ',' order by n)) as hash from orders t`.execute(db);
    return rows[0]?.hash;
  });

// proves D14, D16
test('data outlives the sleep of a tenant, nobody gets in meanwhile, and the tenant goes when its databases are gone', async () => {
  const world = await newWorld();
  const server = await startTestServer({ databases: readDatabasesFile(world.file), databasesWhenFrozen: 'sleep' });
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { slug: owner_team } = await createGroup(server, tenant_id);
  const body = { tenant_id, name: 'orders', owner_team, tier: 'small' };
  const { id } = (await server.call('POST /v1/databases', { body })).body;
  const now = async () => {
    await runPasses(server);
    return (await server.call(`GET /v1/databases/${id}`)).body;
  };
  expect(await now()).toMatchObject({ status: 'ready', reason: 'healthy' });
  const { secret } = (await server.call(`GET /v1/databases/${id}/connection`)).body;
  const uri = await readFile(join(secret.namespace, secret.name, 'uri'), 'utf8');
  await inside(uri, async (db) => {
    await sql`create table orders as select n, md5(n::text) as text from generate_series(1, 1000) as n`.execute(db);
  });
  const hash = await hashOf(uri);

  await server.call(`POST /v1/tenants/${tenant_id}/cancel`);
  expect(await now()).toMatchObject({ status: 'ready', reason: 'asleep', allowed: ['delete'] });
  await expect(hashOf(uri)).rejects.toThrow();
  await server.call(`POST /v1/tenants/${tenant_id}/activate`);
  expect(await now()).toMatchObject({ status: 'ready', reason: 'healthy' });
  expect(await hashOf(uri)).toBe(hash);

  await server.call(`POST /v1/tenants/${tenant_id}/cancel`);
  await server.call(`POST /v1/tenants/${tenant_id}/archive`);
  expect(await now()).toMatchObject({ status: 'ready', reason: 'asleep' });
  await expect(hashOf(uri)).rejects.toThrow();
  const held = await server.call(`DELETE /v1/tenants/${tenant_id}`);
  expect([held.status, held.body.code]).toEqual([409, 'tenant_has_databases']);
  await server.call(`DELETE /v1/databases/${id}?confirm=orders&policy=destroy`);
  expect(await now()).toMatchObject({ status: 'deleted', reason: 'destroyed' });
  expect((await server.call(`DELETE /v1/tenants/${tenant_id}`)).status).toBe(204);
  expect([await world.roles(), await world.secrets()]).toEqual([[], []]);
  await server.close();
});
