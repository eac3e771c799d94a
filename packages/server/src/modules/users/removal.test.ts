import { expect, test } from 'vitest';
import { closeDatabase, newDatabase } from '../../../test/support/database-rows.ts';
import { freeRanges, newNetwork, newSubRange } from '../../../test/support/network.ts';
import { newNode } from '../../../test/support/nodes.ts';
import { newSession } from '../../../test/support/people.ts';
import { addMember, bind, newGroup } from '../../../test/support/role-holders.ts';
import { newProject, newTenant, tenantIn, testServer, trailOf } from '../../../test/support/server.ts';
import { createUser, newLink, newOwnedKey } from '../../../test/support/users.ts';

const HOUR_MS = 3_600_000;
const server = testServer();

const remove = (id: string, query = '') => server.call(`DELETE /v1/users/${id}${query}`);

const codeOf = async (key: string): Promise<string> => {
  const { body } = await server.call('POST /v1/internal/api-keys/verify', {
    body: { key },
    token: server.internalToken,
  });
  return body.code;
};

/** The rows of a table that are of the tenant. */
const countIn = async (
  table: 'users' | 'user_sessions' | 'password_links' | 'group_memberships' | 'role_bindings' | 'api_keys',
  tenant_id: string,
) =>
  (await server.app.deps.db.selectFrom(table).select('tenant_id').where('tenant_id', '=', tenant_id).execute()).length;

/** Makes the user the owner of a new project of its tenant. */
async function newOwnedProject(user: { readonly id: string; readonly tenant_id: string }) {
  const project = await newProject(server, user.tenant_id);
  const { db } = server.app.deps;
  await db.updateTable('tenant_projects').set({ owner_user_id: user.id }).where('id', '=', project.id).execute();
  return project;
}

test('a user with nothing but sessions and a link is deleted, with an event', async () => {
  const { id: tenant_id } = await newTenant(server);
  const user = await createUser(server, tenant_id);
  await newSession(server, user);
  await newLink(server, user);
  const { status, body } = await remove(user.id);
  expect([status, body]).toEqual([204, null]);
  for (const path of ['', '/groups', '/sessions'])
    expect((await server.call(`GET /v1/users/${user.id}${path}`)).status).toBe(404);
  expect([await countIn('user_sessions', tenant_id), await countIn('password_links', tenant_id)]).toEqual([0, 0]);
  const rows = (await trailOf(server, tenant_id)).filter(({ target_id }) => target_id === user.id);
  expect(rows.at(-1)).toMatchObject({
    action: 'user.deleted',
    target_name: 'Jane Doe',
    metadata: { id: user.id, holdings: { api_keys: 0, group_memberships: 0, role_bindings: 0, projects: 0 } },
  });
  expect((await remove(user.id)).status).toBe(404);
});

// proves B26
test('what a user has keeps it from being deleted; with cascade its projects, levels, memberships and keys go with it', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const [user, other] = [await createUser(server, tenant_id), await createUser(server, tenant_id)];
  const [owned, foreign] = [await newOwnedProject(user), await newOwnedProject(other)];
  const group_id = await newGroup(server, tenant_id);
  for (const each of [user, other]) {
    await addMember(server, { tenant_id, group_id, type: 'user', id: each.id });
    await bind(server, foreign.id, { type: 'user', id: each.id }, 'viewer');
    await bind(server, owned.id, { type: 'user', id: each.id }, 'admin');
  }
  const [own, others] = [await newOwnedKey(server, user), await newOwnedKey(server, other)];
  const body = { tenant_id, name: 'bound', project_id: owned.id };
  const { body: bound } = await server.call('POST /v1/api-keys', { body });
  const revoked = await newOwnedKey(server, user);
  await server.call(`DELETE /v1/api-keys/${revoked.id}`);

  const before = await trailOf(server, tenant_id);
  const refused = await remove(user.id);
  expect(refused.body).toMatchObject({
    status: 409,
    code: 'user_has_holdings',
    holdings: { api_keys: 1, group_memberships: 1, role_bindings: 2, projects: 1 },
  });
  expect(await trailOf(server, tenant_id)).toEqual(before);
  expect((await remove(user.id, '?cascade=false')).status).toBe(409);
  expect(await codeOf(own.key)).toBe('valid');

  const { db } = server.app.deps;
  const bindings = await db.selectFrom('role_bindings').selectAll().where('tenant_id', '=', tenant_id).execute();
  const lostBindings = bindings.filter((row) => row.user_id === user.id || row.project_id === owned.id);
  expect((await remove(user.id, '?cascade=true')).status).toBe(204);
  expect([await codeOf(own.key), await codeOf(bound.key), await codeOf(others.key)]).toEqual([
    'not_found',
    'not_found',
    'valid',
  ]);
  expect((await server.call(`GET /v1/projects/${owned.id}`)).status).toBe(404);
  expect((await server.call(`GET /v1/projects/${foreign.id}`)).body.owner_user_id).toBe(other.id);
  expect((await server.call(`GET /v1/users/${other.id}`)).status).toBe(200);
  expect([await countIn('group_memberships', tenant_id), await countIn('role_bindings', tenant_id)]).toEqual([1, 1]);
  const happened = (await trailOf(server, tenant_id)).slice(before.length);
  expect(lostBindings.length).toBe(3);
  expect(happened.map(({ action, target_id }) => `${action} ${target_id}`).sort()).toEqual(
    [
      `api_key.revoked ${own.id}`,
      `api_key.revoked ${bound.id}`,
      `group.member_removed ${group_id}`,
      ...lostBindings.map(({ id }) => `role_binding.removed ${id}`),
      `project.deleted ${owned.id}`,
      `user.deleted ${user.id}`,
    ].sort(),
  );
  expect(happened.find(({ action }) => action === 'user.deleted')?.metadata).toMatchObject({
    holdings: { api_keys: 1, group_memberships: 1, role_bindings: 2, projects: 1 },
  });
});

test('keys that are revoked or have expired are no holdings', async () => {
  const { id: tenant_id } = await newTenant(server);
  const user = await createUser(server, tenant_id);
  const expires_at = new Date(server.clock.now().getTime() + HOUR_MS).toISOString();
  await newOwnedKey(server, user, { expires_at });
  await server.call(`DELETE /v1/api-keys/${(await newOwnedKey(server, user)).id}`);
  expect((await remove(user.id)).status).toBe(409);
  server.clock.advance(HOUR_MS);
  expect((await remove(user.id)).status).toBe(204);
});

test('a frozen tenant loses no user', async () => {
  const { id: tenant_id } = await newTenant(server);
  const user = await createUser(server, tenant_id);
  await server.call(`POST /v1/tenants/${tenant_id}/cancel`);
  const { status, body } = await remove(user.id, '?cascade=true');
  expect([status, body.code]).toEqual([409, 'tenant_frozen']);
});

// proves D17, D20
test('a database in a project of the user keeps the user, also with cascade; a deleted one stays without its project', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const user = await createUser(server, tenant_id);
  const project = await newOwnedProject(user);
  const id = await newDatabase(server, { tenant_id, project_id: project.id });
  const before = await trailOf(server, tenant_id);
  for (const query of ['', '?cascade=true']) {
    const { body } = await remove(user.id, query);
    expect(body).toMatchObject({ status: 409, code: 'user_has_holdings', holdings: { projects: 1, databases: 1 } });
  }
  expect(await trailOf(server, tenant_id)).toEqual(before);
  await closeDatabase(server, id);
  expect((await remove(user.id)).body.holdings).toMatchObject({ projects: 1, databases: 0 });
  expect((await remove(user.id, '?cascade=true')).status).toBe(204);
  const { db } = server.app.deps;
  const row = await db.selectFrom('databases').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const work = db.selectFrom('database_work').selectAll().where('database_id', '=', id);
  expect([row.status, row.project_id, (await work.executeTakeFirstOrThrow()).project_id]).toEqual([
    'deleted',
    null,
    null,
  ]);
});

test('resources and nodes in a project of the user keep the user, also with cascade, and go with nobody', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const user = await createUser(server, tenant_id);
  const project = await newOwnedProject(user);
  const { id: node_id, resource_id } = await newNode(server, { tenant_id, project_id: project.id });
  const before = await trailOf(server, tenant_id);
  for (const query of ['', '?cascade=true']) {
    const { body } = await remove(user.id, query);
    const holdings = { projects: 1, databases: 0, resources: 1, nodes: 1 };
    expect(body).toMatchObject({ status: 409, code: 'user_has_holdings', holdings });
  }
  expect(await trailOf(server, tenant_id)).toEqual(before);
  const { db } = server.app.deps;
  await db.deleteFrom('nodes').where('id', '=', node_id).execute();
  const { body } = await remove(user.id, '?cascade=true');
  expect(body).toMatchObject({ code: 'user_has_holdings', holdings: { resources: 1, nodes: 0 } });
  await db.deleteFrom('resources').where('id', '=', resource_id).execute();
  expect((await remove(user.id)).body.holdings).toMatchObject({ projects: 1, resources: 0, nodes: 0 });
  expect((await remove(user.id, '?cascade=true')).status).toBe(204);
});

// proves C26
test('the sub-range of a project of the user is given back with it, is told once, and is free for the tenant', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const user = await createUser(server, tenant_id);
  const { id: project_id } = await newOwnedProject(user);
  await newNetwork(server, tenant_id, '10.20.0.0/24', { space: tenant_id });
  await newSubRange(server, project_id, { cidr: '10.20.0.0/27' });
  expect(await freeRanges(server, tenant_id)).toEqual(['10.20.0.1-10.20.0.30', '10.20.0.32-10.20.0.254']);
  expect((await remove(user.id, '?cascade=true')).status).toBe(204);
  const told = (await trailOf(server, tenant_id)).filter(({ action }) => action === 'network.sub_range_released');
  expect(told).toMatchObject([{ target_type: 'sub_range', target_id: project_id, target_name: '10.20.0.0/27' }]);
  expect(await freeRanges(server, tenant_id)).toEqual(['10.20.0.1-10.20.0.254']);
  const { db } = server.app.deps;
  const ofProject = db.selectFrom('mesh_free_ranges').select('first').where('project_id', '=', project_id);
  expect(await ofProject.execute()).toEqual([]);
});
