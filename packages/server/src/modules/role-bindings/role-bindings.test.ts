import { beforeAll, describe, expect, test } from 'vitest';
import { addMember, bind, newGroup, newServiceIdentity, newUser } from '../../../test/support/role-holders.ts';
import {
  entitle,
  newProject,
  newTenant,
  testServer,
  trailOf,
  UNKNOWN,
  uniqueSlug,
} from '../../../test/support/server.ts';

const server = testServer();
let tenant_id: string;
let project: string;
beforeAll(async () => {
  tenant_id = (await newTenant(server)).id;
  project = (await newProject(server, tenant_id)).id;
});

const path = (id = project) => `/v1/projects/${id}/role-bindings`;
const set = (principal: object, level: string, options: object = {}) =>
  server.call(`PUT ${path()}`, { body: { principal, level }, ...options });
const remove = ({ type, id }: { type: string; id: string }, query = '', target = project) =>
  server.call(`DELETE ${path(target)}?principal_type=${type}&principal_id=${id}${query}`);
const rows = async (action: string, id: string) =>
  (await trailOf(server, tenant_id)).filter((row) => row.action === action && row.target_id === id);

const makers = {
  user: async () => (await newUser(server, tenant_id)).id,
  service_identity: () => newServiceIdentity(server, tenant_id),
  group: () => newGroup(server, tenant_id),
} as const;

// proves B4, B5
describe.each(Object.entries(makers))('a %s', (type, make) => {
  test('gets a level, another one in its place, and loses it; an equal one changes nothing', async () => {
    const principal = { type, id: await make() };
    const { status, body: binding } = await set(principal, 'viewer');
    expect(status).toBe(200);
    expect(binding).toEqual({
      id: expect.any(String),
      tenant_id,
      project_id: project,
      principal,
      level: 'viewer',
      created_at: expect.any(String),
      updated_at: binding.created_at,
    });
    expect((await set(principal, 'viewer')).body).toEqual(binding);
    expect(await rows('role_binding.set', binding.id)).toHaveLength(1);
    const raised = await set(principal, 'admin');
    expect(raised.body).toMatchObject({ id: binding.id, level: 'admin', created_at: binding.created_at });
    const { body: page } = await server.call(`GET ${path()}?principal_type=${type}&principal_id=${principal.id}`);
    expect(page).toEqual({ items: [raised.body], next_cursor: null });
    const removed = await remove(principal);
    expect([removed.status, removed.body.removed]).toEqual([200, true]);
    expect((await remove(principal)).body).toEqual({ removed: false, losses: [], complete: true });
    expect(await rows('role_binding.set', binding.id)).toMatchObject([
      { metadata: { level: 'viewer' }, project_id: project },
      { metadata: { level: 'admin', principal } },
    ]);
    expect(await rows('role_binding.removed', binding.id)).toMatchObject([{ metadata: { level: 'admin', principal } }]);
  });

  test('that does not exist, or is of another tenant, gets none', async () => {
    const foreign = (await newTenant(server)).id;
    const theirs = {
      user: async () => (await newUser(server, foreign)).id,
      service_identity: () => newServiceIdentity(server, foreign),
      group: () => newGroup(server, foreign),
    } as const;
    for (const id of [UNKNOWN, await theirs[type as keyof typeof theirs]()]) {
      const before = await trailOf(server, tenant_id);
      const { status, body } = await set({ type, id }, 'viewer');
      expect([status, body.code, body.errors?.[0].pointer]).toEqual([404, 'principal_not_found', '/principal/id']);
      expect(await trailOf(server, tenant_id)).toEqual(before);
    }
  });
});

test.each([
  ['/level', { principal: { type: 'user', id: UNKNOWN }, level: 'owner' }],
  ['/principal/type', { principal: { type: 'tenant', id: UNKNOWN }, level: 'viewer' }],
  ['/principal/id', { principal: { type: 'user', id: 'x' }, level: 'viewer' }],
  ['/principal', { level: 'viewer' }],
])('bad input is refused by its field: %s', async (pointer, body) => {
  const answer = await server.call(`PUT ${path()}`, { body });
  expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer]);
});

test.each([
  ['/principal_id', '?principal_type=user'],
  ['/principal_type', `?principal_id=${UNKNOWN}`],
])('a list by half a principal is refused by the field that is missing: %s', async (pointer, query) => {
  const answer = await server.call(`GET ${path()}${query}`);
  expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer]);
});

test('a list is cut into pages, newest first, and shows one project alone', async () => {
  const other = (await newProject(server, tenant_id)).id;
  const users = [await newUser(server, tenant_id), await newUser(server, tenant_id), await newUser(server, tenant_id)];
  for (const { id } of users) await bind(server, other, { type: 'user', id }, 'viewer');
  const { body: first } = await server.call(`GET ${path(other)}?limit=2`);
  const { body: last } = await server.call(`GET ${path(other)}?limit=2&cursor=${first.next_cursor}`);
  const shown = [...first.items, ...last.items].map(({ principal }: { principal: { id: string } }) => principal.id);
  expect(shown).toEqual(users.map(({ id }) => id).reverse());
  expect(last.next_cursor).toBeNull();
});

test('nothing changes in an archived project', async () => {
  const archived = (await newProject(server, tenant_id)).id;
  const principal = { type: 'user', id: (await newUser(server, tenant_id)).id } as const;
  await bind(server, archived, principal, 'viewer');
  await server.call(`POST /v1/projects/${archived}/archive`);
  const answers = [
    await server.call(`PUT ${path(archived)}`, { body: { principal, level: 'admin' } }),
    await remove(principal, '', archived),
    await remove(principal, '&dry_run=true', archived),
  ];
  for (const { status, body } of answers) expect([status, body.code]).toEqual([409, 'project_archived']);
  expect((await server.call(`GET ${path(archived)}`)).body.items).toMatchObject([{ level: 'viewer' }]);
});

test('If-Match holds a binding to the version that the caller knows, and matches none that is not there', async () => {
  const principal = { type: 'user', id: (await newUser(server, tenant_id)).id };
  const absent = await set(principal, 'viewer', { headers: { 'if-match': '*' } });
  expect([absent.status, absent.body.code]).toEqual([412, 'precondition_failed']);
  const etag = (await set(principal, 'viewer')).headers.get('etag') ?? '';
  expect((await set(principal, 'editor', { headers: { 'if-match': etag } })).status).toBe(200);
  expect((await set(principal, 'admin', { headers: { 'if-match': etag } })).status).toBe(412);
});

test('of many at once that give one principal a level, one makes the binding and the others change it or nothing', async () => {
  const principal = { type: 'user', id: (await newUser(server, tenant_id)).id };
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => set(principal, index % 2 === 0 ? 'viewer' : 'admin')),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  const { body } = await server.call(`GET ${path()}?principal_type=user&principal_id=${principal.id}`);
  const events = await rows('role_binding.set', body.items[0].id);
  expect(events.at(-1)?.metadata['level']).toBe(body.items[0].level);
  events.forEach((event, index) => {
    expect(event.metadata['level']).not.toBe(events[index - 1]?.metadata['level']);
  });
});

test('nobody gives a level with a permission that they do not hold', async () => {
  const principal = { type: 'user', id: (await newUser(server, tenant_id)).id };
  const keyWith = async (scopes: readonly string[]) =>
    (await server.call('POST /v1/api-keys', { body: { tenant_id, name: 'x', scopes } })).body.key;
  const held = [...server.app.deps.grants.byLevel.viewer].map((permission) => `registry:${permission}`);
  const token = await keyWith([...held, 'registry:role_bindings:write']);
  expect((await set(principal, 'viewer', { token })).status).toBe(200);
  const { status, body } = await set(principal, 'admin', { token });
  expect([status, body.code]).toEqual([403, 'forbidden']);
  expect(server.app.deps.grants.byLevel.admin).toContain(body.permission);
  const bare = await set(principal, 'viewer', { token: await keyWith(['registry:role_bindings:write']) });
  expect([bare.status, bare.body.permission]).toEqual([403, 'projects:read']);
});

test('a dry run tells who loses what, and changes and records nothing', async () => {
  const group_id = await newGroup(server, tenant_id);
  const [first, second] = [await newUser(server, tenant_id), await newUser(server, tenant_id)];
  const exporter = await newServiceIdentity(server, tenant_id);
  const members = [
    { type: 'user', id: first.id },
    { type: 'user', id: second.id },
    { type: 'service_identity', id: exporter },
  ];
  for (const { type, id } of members) await addMember(server, { tenant_id, group_id, type, id });
  await bind(server, project, { type: 'group', id: group_id }, 'editor');
  await bind(server, project, { type: 'user', id: first.id }, 'viewer');
  await bind(server, project, { type: 'service_identity', id: exporter }, 'admin');
  const before = await trailOf(server, tenant_id);
  const preview = await remove({ type: 'group', id: group_id }, '&dry_run=true');
  const expected = [
    { principal: members[0], project_id: project, before: 'editor', after: 'viewer' },
    { principal: members[1], project_id: project, before: 'editor', after: null },
  ];
  const byId = (losses: typeof expected) => [...losses].sort((a, b) => ((a.after ?? '') < (b.after ?? '') ? 1 : -1));
  expect(preview.status).toBe(200);
  expect({ ...preview.body, losses: byId(preview.body.losses) }).toEqual({
    removed: true,
    losses: expected,
    complete: true,
  });
  expect(await trailOf(server, tenant_id)).toEqual(before);
  expect((await remove({ type: 'group', id: group_id })).body).toEqual(preview.body);
});

test('the database gives a principal one binding in a project, and none without a principal, past the registry too', async () => {
  const { db } = server.app.deps;
  const { id: user_id } = await newUser(server, tenant_id);
  const insert = (fields: object) =>
    db
      .insertInto('role_bindings')
      .values({ tenant_id, project_id: project, level: 'viewer', ...fields })
      .execute();
  await insert({ user_id });
  await expect(insert({ user_id })).rejects.toThrow('role_bindings_project_id_user_id_key');
  await expect(insert({})).rejects.toThrow('role_bindings_principal_check');
  const group_id = await newGroup(server, tenant_id);
  await expect(insert({ user_id: (await newUser(server, tenant_id)).id, group_id })).rejects.toThrow(
    'role_bindings_principal_check',
  );
  const elsewhere = (await newTenant(server)).id;
  await entitle(server, elsewhere);
  const foreign = await server.call('POST /v1/projects', {
    body: { tenant_id: elsewhere, slug: uniqueSlug(), name: 'x' },
  });
  await expect(insert({ group_id, project_id: foreign.body.id })).rejects.toThrow(
    'role_bindings_tenant_id_project_id_fkey',
  );
});
