import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createGroup, groupsKey } from '../../../test/support/groups.ts';
import { newUser } from '../../../test/support/role-holders.ts';
import { newTenant, startTestServer, testServer, trailOf, UNKNOWN } from '../../../test/support/server.ts';

const server = testServer();

const addChild = (parent: string, child_id: string, token = server.operatorToken) =>
  server.call(`POST /v1/groups/${parent}/children`, { body: { child_id }, token });

const addMember = (parent: string, id: string, type = 'group') =>
  server.call(`POST /v1/groups/${parent}/members`, { body: { principal: { type, id } } });

const groupsIn = async (count: number) => {
  const { id: tenant_id } = await newTenant(server);
  const groups: string[] = [];
  for (let index = 0; index < count; index += 1) groups.push((await createGroup(server, tenant_id)).id);
  return { tenant_id, groups };
};

const childrenOf = async (parent: string, query = '') =>
  (await server.call(`GET /v1/groups/${parent}/children${query}`)).body.items.map(({ id }: { id: string }) => id);

const refusal = ({ status, body }: { status: number; body: { code: string; errors: { pointer: string }[] } }) => [
  status,
  body.code,
  body.errors[0]?.pointer,
];

// proves C46, C57, C58
test('a group is put below another one, listed there, and taken away, with an event of the parent each', async () => {
  const { tenant_id, groups } = await groupsIn(2);
  const [parent = '', child = ''] = groups;
  const before = (await trailOf(server, tenant_id)).length;
  const { status, body } = await addChild(parent, child);
  expect([status, body]).toEqual([201, { parent_id: parent, child_id: child, created_at: expect.any(String) }]);
  expect(await childrenOf(parent)).toEqual([child]);
  expect(await childrenOf(child)).toEqual([]);
  for (const wasThere of [true, false]) {
    const removed = await server.call(`DELETE /v1/groups/${parent}/children/${child}`);
    expect([removed.status, removed.body]).toEqual([200, { removed: wasThere, losses: [], complete: true }]);
  }
  expect(await childrenOf(parent)).toEqual([]);
  const events = (await trailOf(server, tenant_id)).slice(before);
  expect(events.map(({ action, target_id, metadata }) => [action, target_id, metadata['child_id']])).toEqual([
    ['group.child_added', parent, child],
    ['group.child_removed', parent, child],
  ]);
});

// proves C55
test('a child that is there is a conflict, also when four ask at once', async () => {
  const [parent = '', child = ''] = (await groupsIn(2)).groups;
  const answers = await Promise.all([1, 2, 3, 4].map(() => addChild(parent, child)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  const refused = answers.find(({ status }) => status === 409);
  expect(refused && refusal(refused)).toEqual([409, 'group_parent_exists', '/child_id']);
  // The other kind of edge between the same groups is another edge.
  expect((await addMember(parent, child)).body).toEqual({ added: true });
});

// proves C54
test('a group is not in itself, by neither kind of edge', async () => {
  const [group = ''] = (await groupsIn(1)).groups;
  expect(refusal(await addChild(group, group))).toEqual([400, 'group_self_parent', '/child_id']);
  expect(refusal(await addMember(group, group))).toEqual([400, 'group_self_parent', '/principal/id']);
  expect(await childrenOf(group)).toEqual([]);
});

test('a circle is refused over both kinds of edge, and nothing changes', async () => {
  const { tenant_id, groups } = await groupsIn(3);
  const [a = '', b = '', c = ''] = groups;
  expect((await addChild(a, b)).status).toBe(201);
  expect((await addMember(b, c)).status).toBe(200);
  const before = (await trailOf(server, tenant_id)).length;
  for (const [parent, child] of [
    [b, a],
    [c, b],
    [c, a],
  ] as const) {
    expect(refusal(await addChild(parent, child))).toEqual([409, 'group_cycle', '/child_id']);
    expect(refusal(await addMember(parent, child))).toEqual([409, 'group_cycle', '/principal/id']);
  }
  expect(await trailOf(server, tenant_id)).toHaveLength(before);
  expect((await addChild(a, c)).status).toBe(201);
});

// proves C56
test('32 groups are in each other, one more is refused at either end and in the middle, and the topmost gives', async () => {
  const { tenant_id, groups } = await groupsIn(33);
  const chain = groups.slice(0, 32);
  const [spare = ''] = groups.slice(32);
  for (const [index, child] of chain.slice(1).entries()) {
    const parent = chain[index] ?? '';
    const { status } = await (index % 2 === 0 ? addChild(parent, child) : addMember(parent, child));
    expect(status).toBeLessThan(300);
  }
  const [top = '', second = ''] = chain;
  const bottom = chain.at(-1) ?? '';
  expect(refusal(await addChild(spare, top))).toEqual([409, 'group_too_deep', '/child_id']);
  expect(refusal(await addMember(bottom, spare))).toEqual([409, 'group_too_deep', '/principal/id']);
  expect((await addChild(top, spare)).status).toBe(201);
  expect(refusal(await addChild(spare, second))).toEqual([409, 'group_too_deep', '/child_id']);

  const { id: user } = await newUser(server, tenant_id);
  await addMember(bottom, user, 'user');
  const { body } = await server.call(`GET /v1/groups/${top}/members?effective=true`);
  expect(body.items).toMatchObject([{ principal: { id: user }, depth: 32 }]);
  const { rows } = await sql<{ depth: number }>`
    select depth from groups_of_principal(${user}, null) where group_id = ${top}`.execute(server.app.deps.db);
  expect(rows).toEqual([{ depth: 32 }]);
});

test('a child that is not there, or in another tenant, is not found, and nothing changes', async () => {
  const { tenant_id, groups } = await groupsIn(1);
  const [parent = ''] = groups;
  const [foreign = ''] = (await groupsIn(1)).groups;
  const key = await groupsKey(server, tenant_id);
  for (const child of [UNKNOWN, foreign])
    for (const token of [server.operatorToken, key])
      expect(refusal(await addChild(parent, child, token))).toEqual([404, 'principal_not_found', '/child_id']);
  expect((await server.call(`DELETE /v1/groups/${parent}/children/${foreign}`)).body.removed).toBe(false);
  expect(await childrenOf(parent)).toEqual([]);
});

test('a wrong child_id is refused by name', async () => {
  const [parent = ''] = (await groupsIn(1)).groups;
  expect(refusal(await addChild(parent, 'x'))).toEqual([400, 'invalid_input', '/child_id']);
  const removed = await server.call(`DELETE /v1/groups/${parent}/children/x`);
  expect([removed.status, removed.body.errors[0]]).toEqual([
    400,
    { pointer: '/child_id', in: 'path', message: 'must be a UUID' },
  ]);
});

test('nobody puts a group below one that gives what they do not hold', async () => {
  const { tenant_id, groups } = await groupsIn(3);
  const [top = '', parent = '', child = ''] = groups;
  await addChild(top, parent);
  await server.call(`PATCH /v1/groups/${top}`, { body: { tenant_role: 'admin' } });
  const weak = await groupsKey(server, tenant_id);
  const refused = await addChild(parent, child, weak);
  expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
  // Whoever is above gets nothing of what is below.
  expect((await addChild(child, top, weak)).status).toBe(201);
});

test('the children come in pages without a gap', async () => {
  const { groups } = await groupsIn(4);
  const [parent = '', ...children] = groups;
  for (const child of children) await addChild(parent, child);
  const first = await server.call(`GET /v1/groups/${parent}/children?limit=2`);
  const ids = first.body.items.map(({ id }: { id: string }) => id);
  expect([...ids, ...(await childrenOf(parent, `?limit=2&cursor=${first.body.next_cursor}`))]).toEqual(
    children.toReversed(),
  );
});

test('groups of a tenant are in each other only so often: each request of a person walks up from its groups', async () => {
  const small = await startTestServer({ quotaGroupEdges: 2 });
  const { id: tenant_id } = await newTenant(small);
  const ids: string[] = [];
  for (let index = 0; index < 4; index += 1) ids.push((await createGroup(small, tenant_id)).id);
  const [top = '', middle = '', low = '', last = ''] = ids;
  const asChild = (child_id: string) => small.call(`POST /v1/groups/${top}/children`, { body: { child_id } });
  const asMember = (id: string) =>
    small.call(`POST /v1/groups/${top}/members`, { body: { principal: { type: 'group', id } } });
  expect([(await asChild(middle)).status, (await asMember(low)).status]).toEqual([201, 200]);
  // Who is in it already takes no further place.
  expect((await asMember(low)).body).toEqual({ added: false });
  for (const add of [asChild, asMember])
    expect((await add(last)).body).toMatchObject({ code: 'quota_exceeded', quota: 'group_edges', limit: 2, used: 2 });
  await small.call(`DELETE /v1/groups/${top}/children/${middle}`);
  expect((await asMember(last)).status).toBe(200);
  await small.close();
});
