/** What a removal would take away is told before it, and is what it takes. */
import { expect, test } from 'vitest';
import { createGroup } from '../../../test/support/groups.ts';
import { newUser } from '../../../test/support/role-holders.ts';
import { newProject, newTenant, testServer, trailOf } from '../../../test/support/server.ts';

const server = testServer();

/** A user in a group below a group that is an editor of a project. */
async function editorByGroups() {
  const { id: tenant_id } = await newTenant(server);
  const [top, low] = [await createGroup(server, tenant_id), await createGroup(server, tenant_id)];
  const [user, disabled] = [(await newUser(server, tenant_id)).id, (await newUser(server, tenant_id)).id];
  const { db } = server.app.deps;
  await db.updateTable('users').set({ disabled_at: server.clock.now() }).where('id', '=', disabled).execute();
  for (const id of [user, disabled])
    await server.call(`POST /v1/groups/${low.id}/members`, { body: { principal: { type: 'user', id } } });
  await server.call(`POST /v1/groups/${top.id}/children`, { body: { child_id: low.id } });
  const { id: project_id } = await newProject(server, tenant_id);
  const binding = { tenant_id, project_id, group_id: top.id, level: 'editor' } as const;
  await db.insertInto('role_bindings').values(binding).execute();
  const loss = { principal: { type: 'user', id: user }, project_id, before: 'editor', after: null };
  return { tenant_id, top: top.id, low: low.id, user, loss };
}

type Made = Awaited<ReturnType<typeof editorByGroups>>;

test.each<[string, (made: Made) => string, string[]]>([
  ['a member', ({ low, user }) => `/${low}/members?principal_type=user&principal_id=${user}`, ['group.member_removed']],
  ['a child', ({ top, low }) => `/${top}/children/${low}?`, ['group.child_removed']],
  ['the group that has the level', ({ top }) => `/${top}?`, ['role_binding.removed', 'group.deleted']],
  ['the group that the user is in', ({ low }) => `/${low}?`, ['group.child_removed', 'group.deleted']],
])('the removal of %s tells who loses which level, first without doing it', async (_, pathOf, actions) => {
  const made = await editorByGroups();
  const path = pathOf(made);
  const before = await trailOf(server, made.tenant_id);
  const expected = { removed: true, losses: [made.loss], complete: true };
  for (let times = 0; times < 2; times += 1) {
    const preview = await server.call(`DELETE /v1/groups${path}&dry_run=true`);
    expect([preview.status, preview.body]).toEqual([200, expected]);
  }
  expect(await trailOf(server, made.tenant_id)).toEqual(before);
  const done = await server.call(`DELETE /v1/groups${path}`);
  expect([done.status, done.body]).toEqual([200, expected]);
  const told = (await trailOf(server, made.tenant_id)).slice(before.length);
  expect(told.map(({ action }) => action)).toEqual(actions);
});

test('a preview refuses what the removal refuses', async () => {
  const { tenant_id, top, low, user } = await editorByGroups();
  const wrong = await server.call(`DELETE /v1/groups/${top}?dry_run=yes`);
  expect([wrong.status, wrong.body.errors[0].pointer]).toEqual([400, '/dry_run']);
  await server.call(`POST /v1/tenants/${tenant_id}/cancel`);
  for (const path of [top, `${top}/children/${low}`, `${low}/members?principal_type=user&principal_id=${user}`]) {
    const { status, body } = await server.call(
      `DELETE /v1/groups/${path}${path.includes('?') ? '&' : '?'}dry_run=true`,
    );
    expect([status, body.code]).toEqual([409, 'tenant_frozen']);
  }
});
