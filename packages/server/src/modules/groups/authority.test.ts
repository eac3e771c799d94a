/** What groups give and take is so for every caller when the change is answered, whatever was remembered before. */
import { expect, test } from 'vitest';
import { createGroup } from '../../../test/support/groups.ts';
import { newUser } from '../../../test/support/role-holders.ts';
import { madeIn, newTenant, testServer } from '../../../test/support/server.ts';

const server = testServer();

/** A user of a tenant and a key of that user, which may read groups as far as the user may. */
async function userWithKey() {
  const { id: tenant_id } = await newTenant(server);
  const { id: user } = await newUser(server, tenant_id);
  const scopes = ['registry:groups:read'];
  const { id, key } = await madeIn(server, tenant_id, 'api-keys', { name: 'mine', scopes });
  await server.app.deps.db.updateTable('api_keys').set({ user_id: user }).where('id', '=', id).execute();
  const mayRead = async () =>
    (await server.call(`GET /v1/groups?tenant_id=${tenant_id}`, { token: key })).status === 200;
  return { tenant_id, user, mayRead };
}

const change = async (operation: string, body?: object) => {
  const { status } = await server.call(operation, body === undefined ? {} : { body });
  expect(status, operation).toBeLessThan(300);
};

test('a role that comes by a group comes and goes with the membership, the role, the edges and the group', async () => {
  const { tenant_id, user, mayRead } = await userWithKey();
  const [top, low] = [
    await createGroup(server, tenant_id, { tenant_role: 'admin' }),
    await createGroup(server, tenant_id),
  ];
  const join = () => change(`POST /v1/groups/${low.id}/members`, { principal: { type: 'user', id: user } });
  const leave = () => change(`DELETE /v1/groups/${low.id}/members?principal_type=user&principal_id=${user}`);
  const nest = () => change(`POST /v1/groups/${top.id}/children`, { child_id: low.id });
  const part = () => change(`DELETE /v1/groups/${top.id}/children/${low.id}`);
  const include = () => change(`POST /v1/groups/${top.id}/members`, { principal: { type: 'group', id: low.id } });
  const exclude = () => change(`DELETE /v1/groups/${top.id}/members?principal_type=group&principal_id=${low.id}`);
  const role = (tenant_role: string | null) => () => change(`PATCH /v1/groups/${top.id}`, { tenant_role });

  expect(await mayRead()).toBe(false);
  await nest();
  for (const [take, give] of [
    [leave, join],
    [part, nest],
    [role(null), role('admin')],
    [role('billing'), role('admin')],
    [part, include],
    [exclude, nest],
  ] as const) {
    if (take === leave) await give();
    expect(await mayRead()).toBe(true);
    await take();
    expect(await mayRead()).toBe(false);
    await give();
    expect(await mayRead()).toBe(true);
  }
  await change(`DELETE /v1/groups/${top.id}`);
  expect(await mayRead()).toBe(false);
});
