import { expect, test } from 'vitest';
import { createGroup } from '../../../test/support/groups.ts';
import { newServiceIdentity, newUser } from '../../../test/support/role-holders.ts';
import { newTenant, testServer } from '../../../test/support/server.ts';

const server = testServer();

const add = (group: string, type: string, id: string, token = server.operatorToken) =>
  server.call(`POST /v1/groups/${group}/members`, { body: { principal: { type, id } }, token });

const membersOf = async (group: string, query = '') => {
  const { status, body } = await server.call(`GET /v1/groups/${group}/members${query}`);
  expect(status).toBe(200);
  return body.items;
};

const inGroup = async () => {
  const { id: tenant_id } = await newTenant(server);
  return { tenant_id, group: await createGroup(server, tenant_id) };
};

// proves C46
test('who is in a group by groups below it is listed once, at the least depth, in pages without a gap', async () => {
  const { tenant_id, group: top } = await inGroup();
  const [mid, low, apart] = [
    await createGroup(server, tenant_id),
    await createGroup(server, tenant_id),
    await createGroup(server, tenant_id),
  ];
  await add(top.id, 'group', mid.id);
  await server.call(`POST /v1/groups/${mid.id}/children`, { body: { child_id: low.id } });
  const users: string[] = [];
  for (let index = 0; index < 5; index += 1) users.push((await newUser(server, tenant_id)).id);
  const program = await newServiceIdentity(server, tenant_id);
  const [direct = '', twice = '', deep = '', deeper = '', outside = ''] = users;
  for (const [group, id] of [
    [top, direct],
    [mid, twice],
    [low, twice],
    [mid, deep],
    [low, deeper],
    [apart, outside],
  ] as const)
    expect((await add(group.id, 'user', id)).body.added).toBe(true);
  await add(low.id, 'service_identity', program);

  const expected = new Map([
    [direct, 1],
    [twice, 2],
    [deep, 2],
    [deeper, 3],
    [program, 3],
  ]);
  const seen: { principal: { type: string; id: string }; depth: number }[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = `?effective=true&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const { body } = await server.call(`GET /v1/groups/${top.id}/members${query}`);
    seen.push(...body.items);
    cursor = body.next_cursor;
  }
  expect(seen).toHaveLength(expected.size);
  expect(new Map(seen.map(({ principal, depth }) => [principal.id, depth]))).toEqual(expected);
  expect(
    seen.filter(({ principal }) => principal.type === 'service_identity').map(({ principal }) => principal.id),
  ).toEqual([program]);
  expect((await membersOf(low.id, '?effective=true')).map(({ depth }: { depth: number }) => depth)).toEqual([1, 1, 1]);
  const wrong = await server.call(`GET /v1/groups/${top.id}/members?effective=yes`);
  expect([wrong.status, wrong.body.errors[0].pointer]).toEqual([400, '/effective']);
});

test('the direct members come in pages without a gap, and a cursor is for one list', async () => {
  const { tenant_id, group } = await inGroup();
  const users: string[] = [];
  for (let index = 0; index < 3; index += 1) users.unshift((await newUser(server, tenant_id)).id);
  for (const id of users.toReversed()) await add(group.id, 'user', id);
  const first = await server.call(`GET /v1/groups/${group.id}/members?limit=2`);
  const rest = await membersOf(group.id, `?limit=2&cursor=${first.body.next_cursor}`);
  const ids = [...first.body.items, ...rest].map(({ principal }: { principal: { id: string } }) => principal.id);
  expect(ids).toEqual(users);
  const moved = await server.call(`GET /v1/groups/${group.id}/members?effective=true&cursor=${first.body.next_cursor}`);
  expect([moved.status, moved.body.code]).toEqual([400, 'invalid_cursor']);
});
