import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createGroup, groupsKey } from '../../../test/support/groups.ts';
import { newServiceIdentity, newUser } from '../../../test/support/role-holders.ts';
import { madeIn, newProject, newTenant, testServer, trailOf, UNKNOWN } from '../../../test/support/server.ts';

const server = testServer();

const add = (group: string, type: string, id: string, token = server.operatorToken) =>
  server.call(`POST /v1/groups/${group}/members`, { body: { principal: { type, id } }, token });

const remove = (group: string, type: string, id: string, token = server.operatorToken) =>
  server.call(`DELETE /v1/groups/${group}/members?principal_type=${type}&principal_id=${id}`, { token });

const membersOf = async (group: string, query = '') => {
  const { status, body } = await server.call(`GET /v1/groups/${group}/members${query}`);
  expect(status).toBe(200);
  return body.items;
};

const inGroup = async () => {
  const { id: tenant_id } = await newTenant(server);
  return { tenant_id, group: await createGroup(server, tenant_id) };
};

const actionsSince = async (tenant_id: string, before: number) =>
  (await trailOf(server, tenant_id)).slice(before).map(({ action }) => action);

// proves C45, C57, C58
test('users, service identities and groups are put into a group, each with its name and one event of the group', async () => {
  const { tenant_id, group } = await inGroup();
  const { id: user } = await newUser(server, tenant_id, { display_name: 'Ada Lovelace' });
  const program = await newServiceIdentity(server, tenant_id, { display_name: 'Nightly export' });
  const inner = await createGroup(server, tenant_id, { display_name: 'Night shift' });
  const before = (await trailOf(server, tenant_id)).length;
  for (const [type, id] of [
    ['user', user],
    ['service_identity', program],
    ['group', inner.id],
  ] as const) {
    const { status, body } = await add(group.id, type, id);
    expect([status, body]).toEqual([200, { added: true }]);
  }
  const shared = { source: 'manual', depth: 1, created_at: expect.any(String) };
  expect(await membersOf(group.id)).toEqual([
    { principal: { type: 'group', id: inner.id, name: 'Night shift' }, ...shared },
    { principal: { type: 'service_identity', id: program, name: 'Nightly export' }, ...shared },
    { principal: { type: 'user', id: user, name: 'Ada Lovelace' }, ...shared },
  ]);
  const events = (await trailOf(server, tenant_id)).slice(before);
  expect(events.map(({ action, target_id, metadata }) => [action, target_id, metadata['member']])).toEqual([
    ['group.member_added', group.id, { type: 'user', id: user }],
    ['group.member_added', group.id, { type: 'service_identity', id: program }],
    ['group.member_added', group.id, { type: 'group', id: inner.id }],
  ]);
});

// proves C52
test('who is in a group is not added again, also when six ask at once, and taken out once', async () => {
  const { tenant_id, group } = await inGroup();
  const { id: user } = await newUser(server, tenant_id);
  const before = (await trailOf(server, tenant_id)).length;
  const answers = await Promise.all(Array.from({ length: 6 }, () => add(group.id, 'user', user)));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 200));
  expect(answers.map(({ body }) => body.added).sort()).toEqual([false, false, false, false, false, true]);
  expect(await membersOf(group.id)).toHaveLength(1);
  expect(await actionsSince(tenant_id, before)).toEqual(['group.member_added']);

  const removals = await Promise.all([1, 2, 3].map(() => remove(group.id, 'user', user)));
  expect(removals.map(({ status, body }) => [status, body.removed]).sort()).toEqual([
    [200, false],
    [200, false],
    [200, true],
  ]);
  expect(await membersOf(group.id)).toEqual([]);
  expect(await actionsSince(tenant_id, before)).toEqual(['group.member_added', 'group.member_removed']);
});

test('a principal that is not there, or in another tenant, is not found, and nothing changes', async () => {
  const { tenant_id, group } = await inGroup();
  const { tenant_id: theirs, group: foreign } = await inGroup();
  const program = await newServiceIdentity(server, theirs);
  const before = (await trailOf(server, tenant_id)).length;
  const key = await groupsKey(server, tenant_id);
  for (const [type, id] of [
    ['user', UNKNOWN],
    ['service_identity', UNKNOWN],
    ['group', UNKNOWN],
    ['user', (await newUser(server, theirs)).id],
    ['service_identity', program],
    ['group', foreign.id],
    ['user', program],
  ] as const) {
    for (const token of [server.operatorToken, key]) {
      const { status, body } = await add(group.id, type, id, token);
      expect([status, body.code, body.errors[0]], type).toEqual([
        404,
        'principal_not_found',
        { pointer: '/principal/id', in: 'body', message: body.detail },
      ]);
    }
    expect((await remove(group.id, type, id)).body).toEqual({ removed: false, losses: [], complete: true });
  }
  expect(await membersOf(group.id)).toEqual([]);
  expect(await actionsSince(tenant_id, before)).toEqual(['api_key.created']);
});

test.each([
  ['/principal', {}],
  ['/principal/type', { principal: { type: 'robot', id: UNKNOWN } }],
  ['/principal/id', { principal: { type: 'user', id: 'ada' } }],
  ['/principal/name', { principal: { type: 'user', id: UNKNOWN, name: 'Ada' } }],
])('a wrong %s is refused by name', async (pointer, body) => {
  const { group } = await inGroup();
  const answer = await server.call(`POST /v1/groups/${group.id}/members`, { body });
  expect([answer.status, answer.body.code, answer.body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
});

test.each([
  ['/principal_type', `principal_id=${UNKNOWN}`],
  ['/principal_type', `principal_type=robot&principal_id=${UNKNOWN}`],
  ['/principal_id', 'principal_type=user'],
  ['/principal_id', 'principal_type=user&principal_id=ada'],
])('a removal refuses a wrong %s by name: %s', async (pointer, query) => {
  const { group } = await inGroup();
  const { status, body } = await server.call(`DELETE /v1/groups/${group.id}/members?${query}`);
  expect([status, body.errors[0].pointer, body.errors[0].in]).toEqual([400, pointer, 'query']);
});

// proves C53
test('the members of a group that mirrors a claim are changed by nobody by hand', async () => {
  const { id: tenant_id } = await newTenant(server);
  const oidc = { kind: 'oidc', alias: 'Main', issuer: 'https://login.example', client_id: 'c' };
  const { id: idp_config_id } = await madeIn(server, tenant_id, 'idp-configs', oidc);
  const group = await createGroup(server, tenant_id, { source: 'idp', idp_config_id, idp_claim_value: 'ops' });
  const [mirrored, other] = [(await newUser(server, tenant_id)).id, (await newUser(server, tenant_id)).id];
  const row = { tenant_id, group_id: group.id, principal_user_id: mirrored, source: 'idp' } as const;
  await server.app.deps.db.insertInto('group_memberships').values(row).execute();
  const before = (await trailOf(server, tenant_id)).length;
  for (const answer of [
    await add(group.id, 'user', other),
    await add(group.id, 'user', mirrored),
    await add(group.id, 'group', (await createGroup(server, tenant_id)).id),
    await remove(group.id, 'user', mirrored),
  ])
    expect([answer.status, answer.body.code]).toEqual([409, 'group_source_mismatch']);
  expect(await membersOf(group.id)).toMatchObject([{ principal: { id: mirrored }, source: 'idp' }]);
  expect(await actionsSince(tenant_id, before)).toEqual(['group.created']);
});

test('the members of a group that SCIM provisions are changed there alone', async () => {
  const { tenant_id, group } = await inGroup();
  await sql`update groups set provisioned_by = 'scim' where id = ${group.id}`.execute(server.app.deps.db);
  const { id: user } = await newUser(server, tenant_id);
  for (const answer of [await add(group.id, 'user', user), await remove(group.id, 'user', user)])
    expect([answer.status, answer.body.code]).toEqual([409, 'group_provisioned']);
  expect(await membersOf(group.id)).toEqual([]);
});

test('nobody puts anyone into a group that gives what they do not hold, by itself, by one above it or by a level', async () => {
  const { tenant_id, group } = await inGroup();
  const above = await createGroup(server, tenant_id);
  const { id: user } = await newUser(server, tenant_id);
  await server.call(`POST /v1/groups/${above.id}/children`, { body: { child_id: group.id } });
  const weak = await groupsKey(server, tenant_id);
  expect((await add(group.id, 'user', user, weak)).status).toBe(200);
  expect((await remove(group.id, 'user', user, weak)).status).toBe(200);

  const setRole = (id: string, tenant_role: string | null) =>
    server.call(`PATCH /v1/groups/${id}`, { body: { tenant_role } });
  for (const giving of [group, above]) {
    await setRole(giving.id, 'admin');
    const refused = await add(group.id, 'user', user, weak);
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
    expect((await add(group.id, 'user', user)).status).toBe(200);
    // Taking somebody out gives nothing.
    expect((await remove(group.id, 'user', user, weak)).status).toBe(200);
    await setRole(giving.id, null);
  }

  const { id: project_id } = await newProject(server, tenant_id);
  const binding = { tenant_id, project_id, group_id: above.id, level: 'viewer' } as const;
  await server.app.deps.db.insertInto('role_bindings').values(binding).execute();
  const refused = await add(group.id, 'user', user, weak);
  expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
  const holder = await groupsKey(server, tenant_id, refused.body.permission, ...levelOf('viewer'));
  expect((await add(group.id, 'user', user, holder)).status).toBe(200);
  expect(await membersOf(group.id)).toHaveLength(1);
});

const levelOf = (level: 'viewer') => [...server.app.deps.grants.byLevel[level]];

// proves C51
test('a membership past the service has exactly one principal', async () => {
  const { tenant_id, group } = await inGroup();
  const { id: user } = await newUser(server, tenant_id);
  const insert = (row: object) =>
    server.app.deps.db
      .insertInto('group_memberships')
      .values({ id: randomUUID(), tenant_id, group_id: group.id, ...row })
      .execute();
  const violated = { constraint: 'group_memberships_principal_xor' };
  await expect(insert({})).rejects.toMatchObject(violated);
  const program = await newServiceIdentity(server, tenant_id);
  const two = { principal_user_id: user, principal_service_identity_id: program };
  await expect(insert(two)).rejects.toMatchObject(violated);
  await insert({ principal_user_id: user });
});
