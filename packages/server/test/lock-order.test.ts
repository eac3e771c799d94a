// engine: postgres
/** Changes that meet each other. Runs on PostgreSQL: PGlite has one connection, so no two changes can meet. */
import { databases, nodes, tenants } from '@tenant-registry/db';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { newDatabase } from './support/database-rows.ts';
import { newNetwork } from './support/network.ts';
import { newNode } from './support/nodes.ts';
import { newProject, tenantIn, testServer } from './support/server.ts';

const server = testServer();

test('a key can be revoked while its tenant is being deleted: one of the two is first, and neither fails', async () => {
  const { db } = server.app.deps;
  const tenant = await tenantIn(server, 'active');
  const { body: key } = await server.call('POST /v1/api-keys', { body: { tenant_id: tenant.id, name: 'k' } });
  const revocation = await db.transaction().execute(async (tx) => {
    await tenants.lockTenant(tx, tenant.id);
    const answer = server.call(`DELETE /v1/api-keys/${key.id}`);
    await somebodyWaits();
    await tenants.deleteTenant(tx, tenant.id);
    return { answer };
  });
  expect((await revocation.answer).status).toBe(404);
});

const keyMaker = async (tenant_id: string) => {
  const body = { tenant_id, name: 'maker', scopes: ['registry:api_keys:write'] };
  return (await server.call('POST /v1/api-keys', { body })).body;
};

test.each(['before', 'after'])(
  'a key that waits to be made %s the revocation of its maker with descendants ends too, or is not made',
  async (when) => {
    const { id: tenant_id } = await tenantIn(server, 'active');
    const maker = await keyMaker(tenant_id);
    const make = () => server.call('POST /v1/api-keys', { body: { tenant_id, name: 'k' }, token: maker.key });
    const revoke = () => server.call(`DELETE /v1/api-keys/${maker.id}?with_descendants=true`);
    const both = await server.app.deps.db.transaction().execute(async (tx) => {
      await tenants.lockTenant(tx, tenant_id);
      const first = when === 'before' ? make() : revoke();
      await somebodyWaits();
      const second = when === 'before' ? revoke() : make();
      await somebodyWaits(2);
      return { answers: when === 'before' ? [first, second] : [second, first] };
    });
    const [made, revoked] = await Promise.all(both.answers);
    expect(revoked?.status).toBe(204);
    expect([made?.status, when]).toEqual([when === 'before' ? 201 : 401, when]);
    if (made?.status === 201) expect(await codeOf(made.body.key)).toBe('revoked');
    expect((await make()).status).toBe(401);
  },
);

test('keys that rotate each other at the same time do not wait for each other for good', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const rotate = (key: { readonly id: string }, by: { readonly key: string }) =>
    server.call(`POST /v1/api-keys/${key.id}/rotate`, { body: { grace_seconds: 60 }, token: by.key });
  for (let round = 0; round < 4; round += 1) {
    const [a, b] = [await keyMaker(tenant_id), await keyMaker(tenant_id)];
    const both = await server.app.deps.db.transaction().execute(async (tx) => {
      await tenants.lockTenant(tx, tenant_id);
      const answers = [rotate(a, b), rotate(b, a)];
      await somebodyWaits(2);
      return { answers };
    });
    const statuses = (await Promise.all(both.answers)).map(({ status }) => status).sort();
    // A key in its grace has too little time left to rotate the other one.
    expect(statuses).toEqual([201, 403]);
  }
});

test('a tenant can be frozen while one of its databases changes: the freeze waits, and neither fails', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const id = await newDatabase(server, { tenant_id });
  const freeze = await server.app.deps.db.transaction().execute(async (tx) => {
    await tenants.lockTenantShared(tx, tenant_id);
    await databases.lockDatabase(tx, id);
    const answer = server.call(`POST /v1/tenants/${tenant_id}/cancel`);
    await somebodyWaits();
    await databases.updateDatabase(tx, id, { database: { purpose: 'changed' }, work: { attempts: 1 } });
    return { answer };
  });
  expect((await freeze.answer).status).toBe(200);
  const row = await databases.findDatabase(server.app.deps.db, id);
  expect(row).toMatchObject({ purpose: 'changed', attempts: 1, tenant_status: 'frozen' });
});

test('a tenant can be frozen while one of its nodes is enrolled: the freeze waits, and neither fails', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  await newNetwork(server, tenant_id);
  const { id } = await newNode(server, { tenant_id, project_id: (await newProject(server, tenant_id)).id });
  const both = await server.app.deps.db.transaction().execute(async (tx) => {
    await nodes.lockNode(tx, id);
    const enrolled = server.call(`POST /v1/nodes/${id}/enroll`);
    await somebodyWaits();
    const frozen = server.call(`POST /v1/tenants/${tenant_id}/cancel`);
    await somebodyWaits(2);
    return { answers: [enrolled, frozen] };
  });
  expect((await Promise.all(both.answers)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await server.call(`GET /v1/nodes/${id}`)).body.state).toBe('enrolling');
});

async function codeOf(key: string): Promise<string> {
  const { body } = await server.call('POST /v1/internal/api-keys/verify', {
    body: { key },
    token: server.internalToken,
  });
  return body.code;
}

/** Resolves when so many connections of this database wait for a lock. */
async function somebodyWaits(waiting = 1): Promise<void> {
  for (;;) {
    const { rows } = await sql`
      select from pg_stat_activity
      where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`.execute(server.app.deps.db);
    if (rows.length >= waiting) return;
  }
}
