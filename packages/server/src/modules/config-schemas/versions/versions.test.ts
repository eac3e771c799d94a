import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { eventsAbout } from '../../../../test/support/events.ts';
import { auditOf, madeIn, newProject, tenantIn, testServer } from '../../../../test/support/server.ts';

const server = testServer();

const usersUpTo = (maximum: number) => ({ type: 'object', properties: { max_users: { type: 'integer', maximum } } });

/** A tenant with a schema for at most 100 users, and a project. */
async function newPlace() {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const project = (await newProject(server, tenant_id)).id;
  const schema = await madeIn(server, tenant_id, 'schemas', { name: 'Limits', content: usersUpTo(100) });
  return { tenant_id, project, id: schema.id as string };
}

const add = (id: string, content: unknown, fields: Record<string, unknown> = {}) =>
  server.call(`POST /v1/schemas/${id}/versions`, { body: { content, ...fields } });

const configOf = async (project: string, key: string) =>
  (await server.call(`GET /v1/projects/${project}/configs/${key}`)).body;

async function put(project: string, key: string, fields: Record<string, unknown>) {
  const { status, body } = await server.call(`PUT /v1/projects/${project}/configs/${key}`, {
    body: { expected_version: 0, ...fields },
  });
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

// proves B6, B32
test('a version is added, never changes, and moves no configuration', async () => {
  const { project, id } = await newPlace();
  const config = await put(project, 'limits', { content: { max_users: 50 }, schema_id: id });
  expect(config.schema_version).toBe(1);
  const second = await add(id, usersUpTo(60));
  expect([second.status, second.body.schema_id, second.body.version]).toEqual([201, id, 2]);
  expect(second.headers.get('location')).toBe(`/v1/schemas/${id}/versions/2`);
  expect((await server.call(`GET /v1/schemas/${id}/versions/2`)).body).toEqual(second.body);
  expect((await server.call(`GET /v1/schemas/${id}/versions/1`)).body.content).toEqual(usersUpTo(100));
  expect((await server.call(`GET /v1/schemas/${id}`)).body).toMatchObject({
    latest_version: 2,
    content: usersUpTo(60),
  });
  expect(await configOf(project, 'limits')).toEqual(config);
  const list = await server.call(`GET /v1/schemas/${id}/versions?limit=1`);
  const rest = await server.call(`GET /v1/schemas/${id}/versions?limit=1&cursor=${list.body.next_cursor}`);
  expect([list, rest].map(({ body }) => body.items.map(({ version }: { version: number }) => version))).toEqual([
    [2],
    [1],
  ]);
  expect(list.body.items[0]).not.toHaveProperty('content');
  const row = (await auditOf(server, id)).at(-1);
  expect(row).toMatchObject({ action: 'config_schema.version_added', metadata: { version: 2, name: 'Limits' } });
  expect(row?.metadata).not.toHaveProperty('content');
  expect((await eventsAbout(server, id)).map(({ event_type }) => event_type)).toEqual([
    'config_schema.created',
    'config_schema.version_added',
  ]);
});

test('content that is equal to the latest version adds nothing, whatever the order of its members', async () => {
  const { id } = await newPlace();
  const content = { properties: { max_users: { maximum: 100, type: 'integer' } }, type: 'object' };
  const { status, body } = await add(id, content);
  expect([status, body.version]).toEqual([201, 1]);
  expect(await auditOf(server, id)).toHaveLength(1);
  // A version of the past comes back as a new one.
  expect((await add(id, true)).body.version).toBe(2);
  expect((await add(id, content)).body.version).toBe(3);
});

test.each([
  ['/content', { content: undefined }],
  ['/content', { content: 7 }],
  ['/breaking', { breaking: 'yes' }],
  ['/extra', { extra: 1 }],
])('a wrong %s is named: %j', async (pointer, wrong) => {
  const { id } = await newPlace();
  const { status, body } = await add(id, true, wrong);
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
});

test.each(['0', '101', 'x', '1.5'])('%s is no number of a version', async (version) => {
  const { id } = await newPlace();
  const { status, body } = await server.call(`GET /v1/schemas/${id}/versions/${version}`);
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', '/version']);
});

test('a schema has 100 versions at most', async () => {
  const { id } = await newPlace();
  const { db } = server.app.deps;
  await sql`
    insert into config_schema_versions (schema_id, tenant_id, version, content, created_by)
    select schema_id, tenant_id, n, 'true', created_by from config_schema_versions, generate_series(2, 100) as n
    where schema_id = ${id}`.execute(db);
  await db.updateTable('config_schemas').set({ latest_version: 100 }).where('id', '=', id).execute();
  const { status, body } = await add(id, false);
  expect([status, body.code]).toEqual([409, 'schema_version_limit_reached']);
  expect((await add(id, true)).body.version).toBe(100);
});

test('a version that breaks configurations is refused with their keys and places, unless it is said to be breaking', async () => {
  const { tenant_id, project, id } = await newPlace();
  const sibling = (await newProject(server, tenant_id)).id;
  const archived = (await newProject(server, tenant_id)).id;
  for (const each of [project, sibling, archived])
    await put(each, 'limits', { content: { max_users: 50 }, schema_id: id });
  await put(project, 'small', { content: { max_users: 5 }, schema_id: id });
  await put(project, 'gone', { content: { max_users: 70 }, schema_id: id });
  await put(project, 'free', { content: { max_users: 70 } });
  await server.call(`DELETE /v1/projects/${project}/configs/gone?expected_version=1`);
  await server.call(`POST /v1/projects/${archived}/archive`);
  const { status, body } = await add(id, usersUpTo(10));
  expect([status, body.code, body.count]).toEqual([409, 'schema_breaks_configs', 2]);
  const errors = [{ pointer: '/content/max_users', message: 'must be at most 10' }];
  expect(body.configs).toHaveLength(2);
  for (const project_id of [project, sibling])
    expect(body.configs).toContainEqual({ project_id, key: 'limits', errors });
  expect((await server.call(`GET /v1/schemas/${id}`)).body.latest_version).toBe(1);
  expect((await add(id, usersUpTo(10), { breaking: true })).body.version).toBe(2);
});

test('of many that break, 20 are named and all are counted', async () => {
  const { project, id } = await newPlace();
  for (let index = 0; index < 23; index++)
    await put(project, `k${index}`, { content: { max_users: 50 }, schema_id: id });
  const { body } = await add(id, { type: 'string' });
  expect([body.code, body.configs.length, body.count]).toEqual(['schema_breaks_configs', 20, 23]);
});

// proves B16, B34
test('adopting a version moves every configuration to it as a new version of the same content, and again nothing', async () => {
  const { tenant_id, project, id } = await newPlace();
  const sibling = (await newProject(server, tenant_id)).id;
  // More than one commit holds.
  const keys = Array.from({ length: 61 }, (_, index) => `k${index}`);
  for (const key of keys) await put(project, key, { content: { max_users: 50 }, schema_id: id });
  await put(sibling, 'limits', { content: { max_users: 40 }, schema_id: id });
  await put(sibling, 'free', { content: { max_users: 40 } });
  await add(id, usersUpTo(60));
  const adopt = () => server.call(`POST /v1/schemas/${id}/versions/2/adopt`);
  const { status, body } = await adopt();
  expect([status, body]).toEqual([200, { adopted: 62, changed_meanwhile: [], remaining: 0 }]);
  for (const [place, key, content] of [
    [project, 'k0', { max_users: 50 }],
    [project, 'k60', { max_users: 50 }],
    [sibling, 'limits', { max_users: 40 }],
  ] as const) {
    expect(await configOf(place, key)).toMatchObject({ version: 2, schema_id: id, schema_version: 2, content });
    expect((await auditOf(server, `${place}/${key}`)).at(-1)).toMatchObject({ action: 'config.updated' });
  }
  expect(await configOf(sibling, 'free')).toMatchObject({ version: 1, schema_id: null });
  expect((await adopt()).body).toEqual({ adopted: 0, changed_meanwhile: [], remaining: 0 });
});

test('contents that are too large for one commit together are moved in several', async () => {
  const { project, id } = await newPlace();
  for (const key of ['a', 'b', 'c']) await put(project, key, { content: { text: 'x'.repeat(200_000) }, schema_id: id });
  await add(id, true);
  const { body } = await server.call(`POST /v1/schemas/${id}/versions/2/adopt`);
  expect(body).toEqual({ adopted: 3, changed_meanwhile: [], remaining: 0 });
});

test('nothing is moved when one configuration is not valid by the version', async () => {
  const { project, id } = await newPlace();
  await put(project, 'small', { content: { max_users: 5 }, schema_id: id });
  await put(project, 'large', { content: { max_users: 50 }, schema_id: id });
  await add(id, usersUpTo(10), { breaking: true });
  const { status, body } = await server.call(`POST /v1/schemas/${id}/versions/2/adopt`);
  expect([status, body.code, body.count]).toEqual([409, 'schema_breaks_configs', 1]);
  expect(body.configs[0]).toMatchObject({ project_id: project, key: 'large' });
  expect(await configOf(project, 'small')).toMatchObject({ version: 1, schema_version: 1 });
});

// proves B18
test('what changed after it was tried is not moved, and is named', async () => {
  const { project, id } = await newPlace();
  for (const key of ['early', 'late', 'still']) await put(project, key, { content: { max_users: 5 }, schema_id: id });
  await add(id, usersUpTo(10));
  const { configStore } = server.app.deps;
  const { find, commit } = configStore;
  const change = (key: string) => put(project, key, { content: { max_users: 50 }, expected_version: 1 });
  let changed = 0;
  // One changes before it is looked up, the other one between that and the commit.
  Object.assign(configStore, {
    find: async (...asked: Parameters<typeof find>) => {
      if (changed++ === 0) await change('early');
      return find(...asked);
    },
    commit: async (...asked: Parameters<typeof commit>) => {
      Object.assign(configStore, { find, commit });
      await change('late');
      return commit(...asked);
    },
  });
  const { body } = await server.call(`POST /v1/schemas/${id}/versions/2/adopt`);
  Object.assign(configStore, { find, commit });
  expect(body.adopted).toBe(1);
  expect(body.changed_meanwhile.map(({ key }: { key: string }) => key).sort()).toEqual(['early', 'late']);
  expect(await configOf(project, 'still')).toMatchObject({ version: 2, schema_version: 2 });
  for (const key of ['early', 'late'])
    expect(await configOf(project, key)).toMatchObject({ version: 2, schema_version: 1, content: { max_users: 50 } });
});

test('of two versions that are added at once both are counted, or one is told that the schema changed', async () => {
  const { id } = await newPlace();
  const answers = await Promise.all([1, 2, 3, 4].map((maximum) => add(id, usersUpTo(maximum))));
  const added = answers.filter(({ status }) => status === 201).map(({ body }) => body.version);
  for (const { status, body } of answers.filter((each) => each.status !== 201))
    expect([status, body.code]).toEqual([409, 'schema_changed']);
  expect(added.sort()).toEqual(added.map((_, index) => index + 2));
  expect((await server.call(`GET /v1/schemas/${id}`)).body.latest_version).toBe(added.length + 1);
});
