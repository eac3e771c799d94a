/** The deletion of a tenant that has people and programs, which no tenant takes along by itself. */
import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { closeDatabase, newDatabase } from '../../../test/support/database-rows.ts';
import { newNetwork, newSubRange } from '../../../test/support/network.ts';
import { newNode, takeNode } from '../../../test/support/nodes.ts';
import { newSession } from '../../../test/support/people.ts';
import { addMember, bind, newGroup } from '../../../test/support/role-holders.ts';
import { madeIn, newProject, tenantIn, testServer } from '../../../test/support/server.ts';
import { createUser, newLink, newOwnedKey } from '../../../test/support/users.ts';
import { newWebhook } from '../../../test/support/webhooks.ts';

const server = testServer();

/** The rows of the tenant in each table that has a tenant's rows, the log and the outbox apart. */
async function rowsOf(tenant_id: string): Promise<Record<string, number>> {
  const { db } = server.app.deps;
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.columns
    where table_schema = 'public' and column_name = 'tenant_id'
      and table_name not in ('audit_log', 'outbox_events', 'events', 'idempotency_keys')
      and table_name not in ('webhook_deliveries', 'webhook_attempts') and table_name !~ '^audit_'
    order by 1`.execute(db);
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const { rows } = await sql<{ n: number }>`
      select count(*) as n from ${sql.table(name)} where tenant_id = ${tenant_id}`.execute(db);
    counts[name] = rows[0]?.n ?? 0;
  }
  return counts;
}

/** A tenant with a row in every table of identity, people and projects that name each other included. */
async function peopledTenant(): Promise<string> {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { db } = server.app.deps;
  const user = await createUser(server, tenant_id);
  await newSession(server, user);
  await newLink(server, user);
  await newOwnedKey(server, user);
  const project = await newProject(server, tenant_id);
  await db.updateTable('tenant_projects').set({ owner_user_id: user.id }).where('id', '=', project.id).execute();
  const config = await madeIn(server, tenant_id, 'idp-configs', {
    kind: 'oidc',
    alias: 'main',
    issuer: 'https://login.example.com',
    client_id: 'registry',
  });
  const expires_at = new Date('2100-01-01');
  await db
    .insertInto('sign_in_flows')
    .values({
      tenant_id,
      idp_config_id: config.id,
      flow_hash: randomBytes(32),
      idp_config_version: 1,
      return_to: '/',
      expires_at,
    })
    .execute();
  const program = { tenant_id, display_name: 'Importer', federation_kind: 'api_token', subject: 'importer' } as const;
  const service_identity_id = randomUUID();
  await db
    .insertInto('service_identities')
    .values({ ...program, id: service_identity_id, project_id: project.id })
    .execute();
  const key = await madeIn(server, tenant_id, 'api-keys', { name: 'program' });
  await db.updateTable('api_keys').set({ service_identity_id }).where('id', '=', key.id).execute();
  await sql`insert into spiffe_trust_bundles (tenant_id, trust_domain, keys) values (${tenant_id}, 'acme.example', '{}')`.execute(
    db,
  );
  const [parent, child] = [await newGroup(server, tenant_id), await newGroup(server, tenant_id)];
  await addMember(server, { tenant_id, group_id: child, type: 'user', id: user.id });
  await addMember(server, { tenant_id, group_id: parent, type: 'group', id: child });
  await db.insertInto('group_parents').values({ tenant_id, parent_id: parent, child_id: child }).execute();
  await bind(server, project.id, { type: 'group', id: parent }, 'editor');
  await newWebhook(server, tenant_id);
  await configure(tenant_id, project.id);
  await newDatabase(server, { tenant_id, project_id: project.id, status: 'deleted' });
  await network(tenant_id, project.id);
  return tenant_id;
}

/** A range with a sub-range, an address in use and one that is free. */
async function network(tenant_id: string, project_id: string): Promise<void> {
  await newNetwork(server, tenant_id, '10.20.0.0/24', { space: tenant_id });
  await newSubRange(server, project_id, { cidr: '10.20.0.0/27' });
  await takeNode(server, (await newNode(server, { tenant_id, project_id })).id, 'enroll');
}

/** A configuration that is checked against a schema, and that a program reads. */
async function configure(tenant_id: string, project: string): Promise<void> {
  const schema = await madeIn(server, tenant_id, 'schemas', { name: 'Limits', content: { type: 'object' } });
  const path = `/v1/projects/${project}/configs/limits`;
  const body = { content: { max_users: 50 }, expected_version: 0, schema_id: schema.id };
  expect((await server.call(`PUT ${path}`, { body })).status).toBe(200);
  expect((await server.call(`PUT ${path}/readers/billing`, { body: { schema: true } })).status).toBe(204);
}

// proves C29
test('people and programs keep their tenant from being deleted past the registry, and go with it by the operation alone', async () => {
  const [gone, stays] = [await peopledTenant(), await peopledTenant()];
  const { db } = server.app.deps;
  const [before, kept] = [await rowsOf(gone), await rowsOf(stays)];
  expect(Object.entries(before).filter(([, count]) => count === 0)).toEqual([['catalog_requests', 0]]);
  await expect(db.deleteFrom('tenants').where('id', '=', gone).execute()).rejects.toThrow(/_tenant_id_fkey/);
  const refused = await server.call(`DELETE /v1/tenants/${gone}`);
  const holdings = { users: 1, projects: 1, api_keys: 2, resources: 1, nodes: 1 };
  expect(refused.body).toMatchObject({ code: 'tenant_not_archived', holdings });
  for (const step of ['cancel', 'archive']) await server.call(`POST /v1/tenants/${gone}/${step}`);
  expect((await server.call(`DELETE /v1/tenants/${gone}`)).status).toBe(204);
  expect(Object.entries(await rowsOf(gone)).filter(([, count]) => count > 0)).toEqual([]);
  expect(await rowsOf(stays)).toEqual(kept);
});

// proves C29
test('machines alone keep their tenant from being deleted past the registry, and go with it by the operation', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  await network(tenant_id, (await newProject(server, tenant_id)).id);
  const { db } = server.app.deps;
  const bare = db.deleteFrom('tenants').where('id', '=', tenant_id).execute();
  await expect(bare).rejects.toThrow('resources_tenant_id_project_id_fkey');
  for (const step of ['cancel', 'archive']) await server.call(`POST /v1/tenants/${tenant_id}/${step}`);
  expect((await server.call(`DELETE /v1/tenants/${tenant_id}`)).status).toBe(204);
  expect(Object.entries(await rowsOf(tenant_id)).filter(([, count]) => count > 0)).toEqual([]);
});

// proves D17, D20
test('a tenant stays until every database of it is deleted, and is told how many are not', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const [first, second] = [await newDatabase(server, { tenant_id }), await newDatabase(server, { tenant_id })];
  await newDatabase(server, { tenant_id, status: 'deleted' });
  const remove = () => server.call(`DELETE /v1/tenants/${tenant_id}`);
  expect((await remove()).body).toMatchObject({ code: 'tenant_not_archived', holdings: { databases: 2 } });
  for (const step of ['cancel', 'archive']) await server.call(`POST /v1/tenants/${tenant_id}/${step}`);
  const { db } = server.app.deps;
  for (const [left, database] of [
    [2, first],
    [1, second],
  ] as const) {
    const before = await rowsOf(tenant_id);
    const refused = await remove();
    expect(refused.body).toMatchObject({ status: 409, code: 'tenant_has_databases', holdings: { databases: left } });
    expect(await rowsOf(tenant_id)).toEqual(before);
    await db
      .updateTable('databases')
      .set({ status: 'deleting', reason: 'removing' })
      .where('id', '=', database)
      .execute();
    expect((await remove()).body.code).toBe('tenant_has_databases');
    await closeDatabase(server, database);
  }
  expect((await remove()).status).toBe(204);
  expect(Object.entries(await rowsOf(tenant_id)).filter(([, count]) => count > 0)).toEqual([]);
});
