import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsAbout } from '../../../../test/support/events.ts';
import { bind, newUser, signedIn } from '../../../../test/support/role-holders.ts';
import {
  type Answer,
  madeIn,
  newProject,
  newTenant,
  testServer,
  trailOf,
  UNKNOWN,
  uniqueSlug,
} from '../../../../test/support/server.ts';
import { startTwoProjects, type TwoProjects } from '../../../../test/support/two-projects.ts';
import { canonicalOf } from '../canonical.ts';

const server = testServer();

async function newPlace() {
  const { id: tenant_id } = await newTenant(server);
  const { id: project } = await newProject(server, tenant_id);
  return { tenant_id, project, path: `/v1/projects/${project}/configs/limits` };
}

const put = (path: string, content: unknown, fields: Record<string, unknown> = {}) =>
  server.call(`PUT ${path}`, { body: { content, ...fields } });
const get = (path: string) => server.call(`GET ${path}`);
const codeOf = ({ status, body }: { status: number; body: { code: string } }) => [status, body.code];

const usersUpTo = (maximum: number) => ({ type: 'object', properties: { max_users: { type: 'integer', maximum } } });
const newSchema = async (tenant_id: string, content: unknown = usersUpTo(100)) =>
  (await madeIn(server, tenant_id, 'schemas', { name: uniqueSlug(), content })).id as string;

// proves B8, B15, B16, B33
test('a key begins at version 1, and each change counts one on', async () => {
  const { path } = await newPlace();
  const first = await put(path, { a: 1 }, { expected_version: 0 });
  expect(first.body).toMatchObject({ version: 1, content: { a: 1 }, schema_id: null, schema_version: null });
  expect(first.body.content_sha256).toBe(canonicalOf({ a: 1 }).sha256);
  const second = await put(path, [null], { expected_version: 1 });
  expect(second.body).toMatchObject({ version: 2, content: [null], created_at: first.body.created_at });
  expect(second.body.cursor).not.toBe(first.body.cursor);
  const read = await get(path);
  expect([read.body, read.headers.get('etag')]).toEqual([second.body, second.headers.get('etag')]);
});

test('POST gives a key its first value, and is refused while it has one', async () => {
  const { project, path } = await newPlace();
  const create = (content: unknown) =>
    server.call(`POST /v1/projects/${project}/configs`, { body: { key: 'limits', content } });
  const made = await create(1);
  expect([made.status, made.headers.get('location'), made.body.version]).toEqual([201, path, 1]);
  const again = await create(2);
  expect([...codeOf(again), again.body.current_version]).toEqual([409, 'config_exists', 1]);
  expect((await server.call(`DELETE ${path}?expected_version=1`)).status).toBe(204);
  expect(codeOf(await get(path))).toEqual([404, 'not_found']);
  expect((await create(3)).body).toMatchObject({ version: 3, content: 3 });
});

test('of many that create one key at once, one does', async () => {
  const { project } = await newPlace();
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, content) =>
      server.call(`POST /v1/projects/${project}/configs`, { body: { key: 'limits', content } }),
    ),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  const refused = answers.filter(({ status }) => status !== 201);
  expect(new Set(refused.map((answer) => codeOf(answer).join()))).toEqual(new Set(['409,config_exists']));
});

describe('a write says which version it is made from', () => {
  // proves B17, B18
  test('by a version: another one is a conflict that names the current one, over REST and over tRPC', async () => {
    const { project, path } = await newPlace();
    expect((await put(path, 1, { expected_version: 3 })).body).toMatchObject({
      code: 'version_conflict',
      current_version: 0,
    });
    await put(path, 1, { expected_version: 0 });
    for (const expected_version of [0, 2]) {
      const answers = [
        await put(path, 2, { expected_version }),
        await server.call(`DELETE ${path}?expected_version=${expected_version}`),
        await server.call(`POST ${path}/rollback`, { body: { version: 1, expected_version } }),
      ];
      for (const answer of answers)
        expect([...codeOf(answer), answer.body.current_version]).toEqual([409, 'version_conflict', 1]);
      const input = { project_id: project, key: 'limits', content: 2, expected_version };
      const { status, body } = await server.call('POST /trpc/configs.put', { body: input });
      expect([status, body.error.data.problem.code]).toEqual([409, 'version_conflict']);
      expect(body.error.data.problem.current_version).toBe(1);
    }
    expect((await get(path)).body).toMatchObject({ version: 1, content: 1 });
  });

  test('by If-Match: an old tag is refused, the current one and * are not, and nothing matches no value', async () => {
    const { path } = await newPlace();
    const matching = (etag: string, content: unknown) =>
      server.call(`PUT ${path}`, { body: { content }, headers: { 'if-match': etag } });
    const nothing = await matching('*', 1);
    expect(codeOf(nothing)).toEqual([412, 'precondition_failed']);
    expect(nothing.body.detail).toContain('send `expected_version: 0` without If-Match');
    const etag = (await put(path, 1, { expected_version: 0 })).headers.get('etag') ?? '';
    expect((await matching(etag, 2)).body).toMatchObject({ version: 2, content: 2 });
    expect(codeOf(await matching(etag, 3))).toEqual([412, 'precondition_failed']);
    expect((await matching('*', 4)).body).toMatchObject({ version: 3, content: 4 });
    const headers = { 'if-match': etag };
    expect(codeOf(await server.call(`DELETE ${path}`, { headers }))).toEqual([412, 'precondition_failed']);
    const both = { body: { content: 5, expected_version: 1 }, headers: { 'if-match': '*' } };
    expect(codeOf(await server.call(`PUT ${path}`, both))).toEqual([409, 'version_conflict']);
  });

  test('by the tag of its answer, in which the order of members counts no more than in the database', async () => {
    const { path } = await newPlace();
    const written = await put(path, { zz: 1, b: { y: 1, aa: 2 }, 10: 1, a: 2 }, { expected_version: 0 });
    const etag = written.headers.get('etag') ?? '';
    expect((await get(path)).headers.get('etag')).toBe(etag);
    const second = await server.call(`PUT ${path}`, { body: { content: 2 }, headers: { 'if-match': etag } });
    expect(second.body).toMatchObject({ version: 2, content: 2 });
  });

  test('by neither it is refused, and nothing is written', async () => {
    const { path } = await newPlace();
    await put(path, 1, { expected_version: 0 });
    const answers = [
      await put(path, 2),
      await server.call(`DELETE ${path}`),
      await server.call(`POST ${path}/rollback`, { body: { version: 1 } }),
    ];
    for (const answer of answers) {
      expect(codeOf(answer)).toEqual([400, 'expected_version_required']);
      expect(answer.body.errors[0].pointer).toBe('/expected_version');
    }
    expect((await get(path)).body).toMatchObject({ version: 1, content: 1 });
  });

  test('a deleted key is expected by 0, or by the version of its deletion', async () => {
    const { path } = await newPlace();
    await put(path, 1, { expected_version: 0 });
    await server.call(`DELETE ${path}?expected_version=1`);
    expect(codeOf(await put(path, 2, { expected_version: 1 }))).toEqual([409, 'version_conflict']);
    expect((await put(path, 2, { expected_version: 2 })).body.version).toBe(3);
    await server.call(`DELETE ${path}?expected_version=3`);
    expect((await put(path, 3, { expected_version: 0 })).body.version).toBe(5);
    expect(codeOf(await server.call(`DELETE /v1/projects/${UNKNOWN}/configs/limits?expected_version=1`))).toEqual([
      404,
      'not_found',
    ]);
  });
});

describe('content', () => {
  // proves B9
  test.each([[null], [false], [''], [[]], [{}], [0], ['text'], [{ constructor: 'a text' }]])(
    '%j is one',
    async (content) => {
      const { path } = await newPlace();
      expect((await put(path, content, { expected_version: 0 })).status).toBe(200);
      expect((await get(path)).body.content).toEqual(content);
    },
  );

  const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
  const raw = (content: string) => `{"expected_version":0,"content":${content}}`;

  test.each([
    ['absent', '{"expected_version":0}', '/content'],
    ['of 257 KiB', raw(JSON.stringify('x'.repeat(257 * 1024))), '/content'],
    ['of 256 KiB once the database writes out small numbers', raw(`[${Array(900).fill('1e-300').join()}]`), '/content'],
    ['with a number past 2^53', raw('{"a":9007199254740993}'), '/content/a'],
    ['with a number that is none', raw('1e999'), '/content'],
    ['with __proto__', raw('{"__proto__":{"a":1}}'), '/content/__proto__'],
    ['with the way to a prototype', raw('{"constructor":{"prototype":1}}'), '/content/constructor/prototype'],
    ['with NUL', raw('{"a":["\\u0000"]}'), '/content/a/0'],
    ['with NUL in a name', raw('{"\\u0000":1}'), '/content'],
    ['with half a character', raw('"\\ud800"'), '/content'],
    ['nested too deeply', raw(JSON.stringify(nested(40))), undefined],
  ])('%s is refused by its place, and not written', async (_, body, pointer) => {
    const { path } = await newPlace();
    const answer = await server.call(`PUT ${path}`, { body });
    expect(codeOf(answer)).toEqual([400, 'invalid_input']);
    if (pointer === undefined) expect(answer.body.errors[0].pointer).toMatch(/^\/content\/a/);
    else expect(answer.body.errors[0].pointer).toBe(pointer);
    expect((await get(path)).status).toBe(404);
  });

  test('of 256 KiB is taken, and a body that is larger than any content is refused as a whole', async () => {
    const { path } = await newPlace();
    const most = 'x'.repeat(256 * 1024 - 2);
    expect((await put(path, most, { expected_version: 0 })).status).toBe(200);
    expect((await get(path)).body.content).toBe(most);
    expect((await put(path, 'x'.repeat(400_000), { expected_version: 1 })).status).toBe(413);
  });
});

test('a key has up to 128 characters, in a path too', async () => {
  const { path } = await newPlace();
  const longest = path.replace('limits', 'Aa0._-'.padEnd(128, 'x'));
  expect((await put(longest, 1, { expected_version: 0 })).status).toBe(200);
  expect((await get(longest)).body.content).toBe(1);
});

test.each([['a/b'], ['.hidden'], ['-a'], ['ä'], ['a b'], ['x'.repeat(129)]])(
  'a key is made of few characters: %s is none',
  async (key) => {
    const { project } = await newPlace();
    const body = { content: 1, expected_version: 0 };
    const path = `/v1/projects/${project}/configs/${encodeURIComponent(key)}`;
    const answer = await server.call(`PUT ${path}`, { body });
    expect([answer.status, answer.body.errors[0]]).toMatchObject([400, { pointer: '/key', in: 'path' }]);
  },
);

test('equal content changes nothing: no version, no revision, no event, and members may change places', async () => {
  const { tenant_id, project, path } = await newPlace();
  const first = await put(path, { a: 1, b: [1.0] }, { expected_version: 0 });
  const trail = await trailOf(server, tenant_id);
  const again = await put(path, { b: [1], a: 1 }, { expected_version: 1, reason: 'no change' });
  expect([again.status, again.body, again.headers.get('etag')]).toEqual([200, first.body, first.headers.get('etag')]);
  expect(await trailOf(server, tenant_id)).toEqual(trail);
  expect((await get(`${path}/revisions`)).body.items).toHaveLength(1);
  await server.call(`POST /v1/projects/${project}/archive`);
  expect(codeOf(await put(path, { a: 1, b: [1] }, { expected_version: 1 }))).toEqual([409, 'project_archived']);
});

describe('the pin', () => {
  // proves B7, B32
  test('is given by a schema, kept when it is not named, and taken away by null', async () => {
    const { tenant_id, path } = await newPlace();
    const schema_id = await newSchema(tenant_id);
    const pinned = await put(path, { max_users: 50 }, { expected_version: 0, schema_id });
    expect(pinned.body).toMatchObject({ schema_id, schema_version: 1 });
    const late = await put(path, { max_users: 101 }, { expected_version: 1 });
    expect(codeOf(late)).toEqual([400, 'content_invalid']);
    expect(late.body.errors).toMatchObject([{ pointer: '/content/max_users', in: 'body' }]);
    expect((await put(path, { max_users: 60 }, { expected_version: 1 })).body).toMatchObject({ version: 2, schema_id });
    const unpinned = await put(path, { max_users: 60 }, { expected_version: 2, schema_id: null });
    expect(unpinned.body).toMatchObject({ version: 3, schema_id: null, schema_version: null });
    expect((await put(path, 'anything', { expected_version: 3 })).body.version).toBe(4);
  });

  test('goes to the latest version of a schema that is named, and to another version by the version alone', async () => {
    const { tenant_id, path } = await newPlace();
    const schema_id = await newSchema(tenant_id);
    const added = await server.call(`POST /v1/schemas/${schema_id}/versions`, { body: { content: usersUpTo(200) } });
    expect(added.status).toBe(201);
    const pinned = await put(path, { max_users: 150 }, { expected_version: 0, schema_id });
    expect(pinned.body.schema_version).toBe(2);
    expect(codeOf(await put(path, { max_users: 150 }, { expected_version: 1, schema_version: 1 }))).toEqual([
      400,
      'content_invalid',
    ]);
    const back = await put(path, { max_users: 50 }, { expected_version: 1, schema_version: 1 });
    expect(back.body).toMatchObject({ version: 2, schema_id, schema_version: 1 });
  });

  test('names a schema and a version of the tenant that are there', async () => {
    const { tenant_id, path } = await newPlace();
    const schema_id = await newSchema(tenant_id);
    const foreign = await newSchema((await newTenant(server)).id);
    const deleted = await newSchema(tenant_id);
    expect((await server.call(`DELETE /v1/schemas/${deleted}`)).status).toBe(204);
    for (const pin of [
      { schema_id: UNKNOWN },
      { schema_id: foreign },
      { schema_id: deleted },
      { schema_id, schema_version: 2 },
    ]) {
      const answer = await put(path, {}, { expected_version: 0, ...pin });
      expect([...codeOf(answer), answer.body.errors[0].pointer], JSON.stringify(pin)).toEqual([
        400,
        'config_schema_not_found',
        '/schema_id',
      ]);
    }
    expect((await get(path)).status).toBe(404);
  });

  test('has no version without a schema, and the mistake is told at the version', async () => {
    const { tenant_id, project, path } = await newPlace();
    const mistakeOf = ({ status, body }: Answer) => [status, body.code, body.errors[0].pointer, body.errors[0].message];
    const needed = [400, 'invalid_input', '/schema_version', expect.stringContaining('`schema_id` is needed too')];
    for (const pin of [{ schema_version: 1 }, { schema_id: null, schema_version: 1 }])
      expect(mistakeOf(await put(path, {}, { expected_version: 0, ...pin }))).toEqual(needed);
    const items = [{ key: 'limits', content: {}, schema_version: 1 }];
    const imported = await server.call(`POST /v1/projects/${project}/config-import`, { body: { items } });
    expect(imported.body.errors).toMatchObject([{ pointer: '/items/0/schema_version', in: 'body' }]);
    await put(path, {}, { expected_version: 0, schema_id: await newSchema(tenant_id) });
    expect(mistakeOf(await put(path, {}, { expected_version: 1, schema_version: 2 }))).toEqual([
      400,
      'config_schema_not_found',
      '/schema_version',
      expect.stringContaining('no version of the schema'),
    ]);
  });

  test('of a deleted key does not come back with a new value', async () => {
    const { tenant_id, path } = await newPlace();
    const schema_id = await newSchema(tenant_id);
    await put(path, {}, { expected_version: 0, schema_id });
    await server.call(`DELETE ${path}?expected_version=1`);
    expect((await put(path, 'anything', { expected_version: 0 })).body).toMatchObject({ schema_id: null, version: 3 });
  });
});

describe('a trial of a content', () => {
  const tried = (path: string, body: Record<string, unknown>) => server.call(`POST ${path}/validate`, { body });

  test('tells mistakes and differences, and writes nothing, also for a key that is not there', async () => {
    const { tenant_id, path } = await newPlace();
    const schema_id = await newSchema(tenant_id);
    const absent = await tried(path, { content: { max_users: 500 }, schema_id });
    expect(absent.body).toEqual({
      valid: false,
      errors: [{ pointer: '/content/max_users', message: expect.any(String) }],
      version: 0,
      patch: [{ op: 'add', path: '', value: { max_users: 500 } }],
    });
    await put(path, { max_users: 50, a: 1 }, { expected_version: 0, schema_id });
    const trail = await trailOf(server, tenant_id);
    const good = await tried(path, { content: { max_users: 60, a: 1 } });
    const patch = [{ op: 'replace', path: '/max_users', value: 60 }];
    expect(good.body).toEqual({ valid: true, errors: [], version: 1, patch });
    expect((await tried(path, { content: { max_users: 500 } })).body.valid).toBe(false);
    expect((await tried(path, { content: 'anything', schema_id: null })).body.valid).toBe(true);
    expect(codeOf(await tried(path, { content: 1, schema_id: UNKNOWN }))).toEqual([400, 'config_schema_not_found']);
    expect(await trailOf(server, tenant_id)).toEqual(trail);
    expect((await get(path)).body).toMatchObject({ version: 1, content: { max_users: 50, a: 1 } });
  });

  test('is a reading: a frozen tenant has it, and no Idempotency-Key keeps its answer', async () => {
    const { tenant_id, path } = await newPlace();
    await put(path, 1, { expected_version: 0 });
    await server.call(`POST /v1/tenants/${tenant_id}/cancel`);
    const headers = { 'idempotency-key': randomUUID() };
    for (const content of [2, 3]) {
      const answer = await server.call(`POST ${path}/validate`, { body: { content }, headers });
      expect(answer.body.patch).toEqual([{ op: 'replace', path: '', value: content }]);
    }
  });
});

test('nothing is written in an archived project, a frozen tenant and an archived tenant', async () => {
  const writes = (path: string) => [
    () => put(path, 2, { expected_version: 1 }),
    () => server.call(`POST ${path.replace('/limits', '')}`, { body: { key: 'other', content: 1 } }),
    () => server.call(`DELETE ${path}?expected_version=1`),
    () => server.call(`POST ${path}/rollback`, { body: { version: 1, expected_version: 1 } }),
  ];
  const [archived, frozen] = [await newPlace(), await newPlace()];
  for (const { path } of [archived, frozen]) await put(path, 1, { expected_version: 0 });
  await server.call(`POST /v1/projects/${archived.project}/archive`);
  await server.call(`POST /v1/tenants/${frozen.tenant_id}/cancel`);
  for (const write of writes(archived.path)) expect(codeOf(await write())).toEqual([409, 'project_archived']);
  for (const write of writes(frozen.path)) expect(codeOf(await write())).toEqual([409, 'tenant_frozen']);
  for (const { path } of [archived, frozen]) expect((await get(path)).body).toMatchObject({ version: 1, content: 1 });
  await server.call(`POST /v1/tenants/${frozen.tenant_id}/archive`);
  for (const ask of [...writes(frozen.path), () => get(frozen.path), () => get(`${frozen.path}/revisions`)])
    expect(codeOf(await ask())).toEqual([409, 'tenant_archived']);
});

test('a project has as many keys and bytes as it may have, and no more', async () => {
  const { project, path } = await newPlace();
  const set = (counts: { keys?: number; bytes?: number }) =>
    server.app.deps.db.updateTable('config_heads').set(counts).where('project_id', '=', project).execute();
  await put(path, 1, { expected_version: 0 });
  await set({ keys: 10_000 });
  const oneMore = await put(path.replace('limits', 'other'), 1, { expected_version: 0 });
  expect([...codeOf(oneMore), oneMore.body.keys, oneMore.body.keys_max]).toEqual([
    409,
    'config_quota_exceeded',
    10_001,
    10_000,
  ]);
  await set({ keys: 1, bytes: 33_554_432 });
  const longer = await put(path, 'longer', { expected_version: 1 });
  expect([...codeOf(longer), longer.body.bytes_max]).toEqual([409, 'config_quota_exceeded', 33_554_432]);
  expect((await put(path, 2, { expected_version: 1 })).body).toMatchObject({ version: 2, content: 2 });
});

test('a write that is repeated with one Idempotency-Key is done once, and its answer is as it was', async () => {
  const { path } = await newPlace();
  const headers = { 'idempotency-key': randomUUID() };
  const body = { content: 1, expected_version: 0 };
  const first = await server.call(`PUT ${path}`, { body, headers });
  await put(path, 2, { expected_version: 1 });
  const again = await server.call(`PUT ${path}`, { body, headers });
  expect([again.status, again.body]).toEqual([200, first.body]);
  expect((await get(path)).body).toMatchObject({ version: 2, content: 2 });
});

// proves B17
test('another write with an Idempotency-Key that is forgotten by now is done, although the value is of one with the same', async () => {
  const { path } = await newPlace();
  const headers = { 'idempotency-key': randomUUID() };
  await server.call(`PUT ${path}`, { body: { content: 1, expected_version: 0 }, headers });
  // As after a day, when the expired ones are deleted.
  await sql`delete from idempotency_keys where key = ${headers['idempotency-key']}`.execute(server.app.deps.db);
  const next = await server.call(`PUT ${path}`, { body: { content: 2, expected_version: 1 }, headers });
  expect(next.body).toMatchObject({ version: 2, content: 2 });
  await sql`delete from idempotency_keys where key = ${headers['idempotency-key']}`.execute(server.app.deps.db);
  const late = await server.call(`PUT ${path}`, { body: { content: 3, expected_version: 1 }, headers });
  expect(codeOf(late)).toEqual([409, 'version_conflict']);
  expect((await get(path)).body).toMatchObject({ version: 2, content: 2 });
});

// proves B34
test('audit rows and events tell keys, versions, hashes and reasons, and never a content', async () => {
  const { tenant_id, project, path } = await newPlace();
  const marker = `marker-${randomUUID()}`;
  const content = { [marker]: marker };
  await put(path, content, { expected_version: 0, reason: 'The contract of March.' });
  await put(path, { ...content, more: 1 }, { expected_version: 1 });
  await server.call(`POST ${path}/rollback`, { body: { version: 1, expected_version: 2, reason: 'Too much.' } });
  await server.call(`DELETE ${path}?expected_version=3&reason=Unused.`);
  const told = [
    ['config.created', { version: 1, previous_version: 0, reason: 'The contract of March.' }],
    ['config.updated', { version: 2, previous_version: 1, reason: null }],
    ['config.rolled_back', { version: 3, previous_version: 2, reason: 'Too much.', source_version: 1 }],
    ['config.deleted', { version: 4, previous_version: 3, reason: 'Unused.', content_sha256: null }],
  ] as const;
  const events = await eventsAbout(server, `${project}/limits`);
  const rows = (await trailOf(server, tenant_id)).filter(({ action }) => action.startsWith('config.'));
  expect(events).toMatchObject(
    told.map(([event_type, fields]) => ({
      event_type,
      tenant_id,
      project_id: project,
      payload: { key: 'limits', ...fields },
    })),
  );
  expect(rows).toMatchObject(
    told.map(([action, fields]) => ({
      action,
      project_id: project,
      target_name: 'limits',
      description: fields.reason,
      metadata: { key: 'limits', ...fields },
    })),
  );
  expect(events[0]?.payload.content_sha256).toBe(canonicalOf(content).sha256);
  for (const table of ['audit_log', 'outbox_events', 'events', 'webhook_deliveries']) {
    const { rows: found } = await sql`
      select 1 from ${sql.table(table)} as t where t::text like ${`%${marker}%`}`.execute(server.app.deps.db);
    expect(found, table).toEqual([]);
  }
  expect(server.logs.filter((line) => line.includes(marker))).toEqual([]);
});

describe('who may', () => {
  let two: TwoProjects;
  beforeAll(async () => {
    two = await startTwoProjects();
  });
  afterAll(() => two.stop());

  const statuses = async (token: string, project: string) => {
    const path = `/v1/projects/${project}/configs/${uniqueSlug()}`;
    const call = (operation: string, body?: unknown) =>
      two.server.call(operation, { token, ...(body === undefined ? {} : { body }) });
    await two.server.call(`PUT ${path}`, { body: { content: 1, expected_version: 0 } });
    const reads = [
      await call(`GET ${path}`),
      await call(`GET ${path}/revisions`),
      await call(`GET ${path}/revisions/1`),
      await call(`GET ${path}/diff?from=0`),
      await call(`POST ${path}/validate`, { content: 2 }),
    ];
    const writes = [
      await call(`PUT ${path}`, { content: 2, expected_version: 1 }),
      await call(`POST ${path}/rollback`, { version: 1, expected_version: 2 }),
      await call(`DELETE ${path}?expected_version=3`),
      await call(`POST /v1/projects/${project}/configs`, { key: uniqueSlug(), content: 1 }),
    ];
    const distinct = (answers: typeof reads) => [...new Set(answers.map(({ status }) => status))];
    return { reads: distinct(reads), writes: distinct(writes) };
  };
  const yes = { reads: [200], writes: [200, 204, 201] };

  // proves B31
  test('a viewer of a project reads there, an editor also writes there, and neither does anything elsewhere', async () => {
    const { server, issuer, tenant_id, project, sibling } = two;
    const tokens: Record<string, string> = {};
    for (const level of ['viewer', 'editor']) {
      const user = await newUser(server, tenant_id, { issuer });
      await bind(server, project, { type: 'user', id: user.id }, level);
      tokens[level] = await signedIn(issuer, user);
      expect(await statuses(tokens[level], sibling)).toEqual({ reads: [403], writes: [403] });
    }
    expect(await statuses(tokens['viewer'] ?? '', project)).toEqual({ reads: [200], writes: [403] });
    expect(await statuses(tokens['editor'] ?? '', project)).toEqual(yes);
  });

  // proves B30
  test('a key acts by its scopes in its tenant, and a bound one in its project alone', async () => {
    const { server, tenant_id, project, sibling } = two;
    const keyWith = async (fields: Record<string, unknown>): Promise<string> =>
      (await server.call('POST /v1/api-keys', { body: { tenant_id, name: 'k', ...fields } })).body.key;
    const all = ['registry:configs:read', 'registry:configs:write'];
    expect(await statuses(await keyWith({ scopes: all }), sibling)).toEqual(yes);
    expect(await statuses(await keyWith({ scopes: all.slice(0, 1) }), project)).toEqual({
      reads: [200],
      writes: [403],
    });
    const bound = await keyWith({ scopes: all, project_id: project });
    expect(await statuses(bound, project)).toEqual(yes);
    expect(await statuses(bound, sibling)).toEqual({ reads: [404], writes: [404] });
    const { id: foreign } = await newProject(server, (await newTenant(server)).id);
    expect(await statuses(await keyWith({ scopes: all }), foreign)).toEqual({ reads: [404], writes: [404] });
  });
});
