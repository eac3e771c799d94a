import { expect, test } from 'vitest';
import { closeDatabase, newDatabase } from '../../../test/support/database-rows.ts';
import { createGroup } from '../../../test/support/groups.ts';
import { newUser } from '../../../test/support/role-holders.ts';
import {
  newProject,
  newTenant,
  startTestServer,
  testServer,
  trailOf,
  uniqueSlug,
} from '../../../test/support/server.ts';

const server = testServer();

const idsIn = async (query: string) =>
  (await server.call(`GET /v1/groups?${query}`)).body.items.map(({ id }: { id: string }) => id);

// proves C59
test('the deletion of a group takes its memberships, its edges and its bindings along, and no one in it', async () => {
  const { id: tenant_id } = await newTenant(server);
  const [above, group, below] = [
    await createGroup(server, tenant_id),
    await createGroup(server, tenant_id),
    await createGroup(server, tenant_id),
  ];
  const { id: user } = await newUser(server, tenant_id);
  const project = await newProject(server, tenant_id);
  const member = (type: string, id: string) => ({ body: { principal: { type, id } } });
  await server.call(`POST /v1/groups/${group.id}/members`, member('user', user));
  await server.call(`POST /v1/groups/${group.id}/members`, member('group', below.id));
  await server.call(`POST /v1/groups/${above.id}/members`, member('group', group.id));
  await server.call(`POST /v1/groups/${above.id}/children`, { body: { child_id: group.id } });
  await server.call(`POST /v1/groups/${group.id}/children`, { body: { child_id: below.id } });
  const { db } = server.app.deps;
  await db
    .insertInto('role_bindings')
    .values({ tenant_id, project_id: project.id, group_id: group.id, level: 'editor' })
    .execute();

  const before = (await trailOf(server, tenant_id)).length;
  const deleted = await server.call(`DELETE /v1/groups/${group.id}`);
  expect([deleted.status, deleted.body]).toEqual([
    200,
    {
      removed: true,
      losses: [expect.objectContaining({ project_id: project.id, before: 'editor', after: null })],
      complete: true,
    },
  ]);
  for (const table of ['group_memberships', 'group_parents', 'role_bindings'] as const)
    expect(await db.selectFrom(table).select('tenant_id').where('tenant_id', '=', tenant_id).execute(), table).toEqual(
      [],
    );
  expect((await idsIn(`tenant_id=${tenant_id}`)).sort()).toEqual([above.id, below.id].sort());
  expect(await db.selectFrom('users').select('id').where('id', '=', user).execute()).toHaveLength(1);
  const told = (await trailOf(server, tenant_id)).slice(before).map(({ action, target_id }) => [action, target_id]);
  // The group above lost a member and a child; the binding is a thing of its own.
  expect(told).toEqual(
    expect.arrayContaining([
      ['group.member_removed', above.id],
      ['group.child_removed', above.id],
      ['role_binding.removed', expect.any(String)],
    ]),
  );
  expect([told.length, told.at(-1)]).toEqual([4, ['group.deleted', group.id]]);
  const gone = await server.call(`DELETE /v1/groups/${group.id}`);
  expect([gone.status, gone.body.code]).toEqual([404, 'not_found']);
});

test('a tenant has no more groups than its quota, also when several are made at once', async () => {
  const small = await startTestServer({ quotaGroups: 2 });
  try {
    const { id: tenant_id } = await newTenant(small);
    const make = () =>
      small.call('POST /v1/groups', { body: { tenant_id, slug: uniqueSlug(), display_name: 'Operators' } });
    const answers = await Promise.all([make(), make(), make(), make()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409]);
    const refused = answers.find(({ status }) => status === 409)?.body;
    expect(refused).toMatchObject({ code: 'quota_exceeded', quota: 'groups', limit: 2, used: 2 });
    const [made] = answers.filter(({ status }) => status === 201);
    await small.call(`DELETE /v1/groups/${made?.body.id}`);
    expect((await make()).status).toBe(201);
  } finally {
    await small.close();
  }
});

test('a tenant that is not archived is not deleted, and its groups are counted', async () => {
  const { id } = await newTenant(server);
  await createGroup(server, id);
  const { status, body } = await server.call(`DELETE /v1/tenants/${id}`);
  expect([status, body.code, body.holdings.groups]).toEqual([409, 'tenant_not_archived', 1]);
});

// proves D6
test('a group that owns a database stays, in a rehearsal too, and goes once its databases are deleted', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { id: group_id } = await createGroup(server, tenant_id);
  const made = [await newDatabase(server, { tenant_id, group_id }), await newDatabase(server, { tenant_id, group_id })];
  await newDatabase(server, { tenant_id, group_id, status: 'deleted' });
  const before = (await trailOf(server, tenant_id)).length;
  for (const query of ['', '?dry_run=true']) {
    const { body } = await server.call(`DELETE /v1/groups/${group_id}${query}`);
    expect(body).toMatchObject({ status: 409, code: 'group_has_databases', holdings: { databases: 2 } });
  }
  expect((await trailOf(server, tenant_id)).length).toBe(before);
  for (const id of made) await closeDatabase(server, id);
  expect((await server.call(`DELETE /v1/groups/${group_id}?dry_run=true`)).status).toBe(200);
  expect((await server.call(`DELETE /v1/groups/${group_id}`)).status).toBe(200);
  const rows = server.app.deps.db.selectFrom('databases').select('id').where('tenant_id', '=', tenant_id);
  expect((await rows.execute()).length).toBe(3);
});
