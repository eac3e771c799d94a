import { expect, test } from 'vitest';
import { eventsAbout } from '../../../../test/support/events.ts';
import {
  auditOf,
  DAY_MS,
  madeIn,
  newProject,
  runWorker,
  tenantIn,
  testServer,
  UNKNOWN,
} from '../../../../test/support/server.ts';
import { anonymousActor } from '../../../kernel/actor.ts';
import { type ActorContext, noRequest } from '../../../kernel/context.ts';
import { brokenReaders } from './service.ts';

const server = testServer();

const atLeast = (minimum: number) => ({ type: 'object', properties: { max_users: { type: 'integer', minimum } } });

async function newPlace() {
  const { id: tenant_id } = await tenantIn(server, 'active');
  return { tenant_id, project_id: (await newProject(server, tenant_id)).id as string };
}

type Place = Awaited<ReturnType<typeof newPlace>>;

const register = ({ project_id }: Place, reader: string, schema: unknown, key = 'limits') =>
  server.call(`PUT /v1/projects/${project_id}/configs/${key}/readers/${reader}`, { body: { schema } });

const listed = async ({ project_id }: Place, key = 'limits') => {
  const { status, body } = await server.call(`GET /v1/projects/${project_id}/configs/${key}/readers`);
  expect(status).toBe(200);
  return body.items;
};

/** Asks as the write path does. */
const broken = (place: Place, content: unknown, key = 'limits') => {
  const { deps } = server.app;
  const ctx: ActorContext = { ...deps, ...noRequest, root: deps.db, actor: anonymousActor('test'), requestId: 'r' };
  return brokenReaders(ctx, place, { key, content });
};

test('a reader is kept with what it expects, and what is new is told once, without the schema', async () => {
  const place = await newPlace();
  expect((await register(place, 'billing', atLeast(77_701))).status).toBe(204);
  expect((await register(place, 'Audit.v2', { type: 'object' })).status).toBe(204);
  expect(await listed(place)).toEqual([
    { reader: 'billing', seen_at: expect.any(String), schema: atLeast(77_701) },
    { reader: 'Audit.v2', seen_at: expect.any(String), schema: { type: 'object' } },
  ]);
  expect(await listed(place, 'other')).toEqual([]);
  const target = `${place.project_id}/limits`;
  const rows = await auditOf(server, target);
  expect(rows[0]).toMatchObject({
    action: 'config_reader.registered',
    tenant_id: place.tenant_id,
    project_id: place.project_id,
    target_type: 'config',
    target_name: 'limits',
    metadata: { key: 'limits', reader: 'billing', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  const events = await eventsAbout(server, target);
  expect(events.map(({ event_type }) => event_type)).toEqual(Array(2).fill('config_reader.registered'));
  expect(JSON.stringify([rows, events])).not.toContain('77701');
});

test('a reader that comes again moves its time alone; one that expects something else is an event', async () => {
  const place = await newPlace();
  await register(place, 'billing', atLeast(1));
  const [before] = await listed(place);
  server.clock.advance(60_000);
  await register(place, 'billing', atLeast(1));
  const [after] = await listed(place);
  expect(after.seen_at > before.seen_at).toBe(true);
  const target = `${place.project_id}/limits`;
  expect(await auditOf(server, target)).toHaveLength(1);
  await register(place, 'billing', atLeast(2));
  expect(await auditOf(server, target)).toHaveLength(2);
  expect((await listed(place))[0].schema).toEqual(atLeast(2));
});

test('a schema that cannot be used is refused with its places, and nothing is kept', async () => {
  const place = await newPlace();
  const { status, body } = await register(place, 'billing', { properties: { a: { type: 'number?' } } });
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'schema_invalid', '/schema/properties/a/type']);
  expect(await listed(place)).toEqual([]);
});

test.each([
  ['/schema', 'limits', 'billing', undefined],
  ['/schema', 'limits', 'billing', 'text'],
  ['/schema', 'limits', 'billing', { title: 'x'.repeat(65_536) }],
  ['/reader', 'limits', '-billing', true],
  ['/reader', 'limits', 'x'.repeat(65), true],
  ['/key', '.limits', 'billing', true],
])('a wrong %s is named', async (pointer, key, reader, schema) => {
  const { status, body } = await register(await newPlace(), reader, schema, key);
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
});

test('an unknown project, an archived one and a frozen tenant take no reader, also none that is known', async () => {
  const place = await newPlace();
  expect((await register({ ...place, project_id: UNKNOWN }, 'billing', true)).body.code).toBe('not_found');
  expect((await server.call(`GET /v1/projects/${UNKNOWN}/configs/limits/readers`)).status).toBe(404);
  await register(place, 'billing', true);
  const frozen = await newPlace();
  await register(frozen, 'billing', true);
  await server.call(`POST /v1/projects/${place.project_id}/archive`);
  await server.call(`POST /v1/tenants/${frozen.tenant_id}/cancel`);
  for (const reader of ['billing', 'other']) {
    expect((await register(place, reader, true)).body.code).toBe('project_archived');
    expect((await register(frozen, reader, true)).body.code).toBe('tenant_frozen');
  }
});

test('a key has 20 readers, also when more come at once, and one that is late makes room', async () => {
  const place = await newPlace();
  for (let index = 0; index < 18; index++) expect((await register(place, `r${index}`, true)).status).toBe(204);
  const answers = await Promise.all([18, 19, 20, 21].map((index) => register(place, `r${index}`, true)));
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 204, 409, 409]);
  expect(answers.find(({ status }) => status === 409)?.body.code).toBe('config_reader_limit_reached');
  expect((await register(place, 'r0', false)).status).toBe(204);
  expect((await register(place, 'r0', true, 'other')).status).toBe(204);
  server.clock.advance(7 * DAY_MS + 1);
  expect((await register(place, 'new', true)).status).toBe(204);
});

test('a project has 1,000 readers', async () => {
  const place = await newPlace();
  const seen_at = server.clock.now();
  const rows = Array.from({ length: 999 }, (_, index) => ({
    ...place,
    config_key: `k${index}`,
    reader: 'billing',
    schema: 'true',
    seen_at,
  }));
  await server.app.deps.db.insertInto('config_readers').values(rows).execute();
  expect((await register(place, 'last', true)).status).toBe(204);
  const { status, body } = await register(place, 'more', true);
  expect([status, body.code]).toEqual([409, 'config_reader_limit_reached']);
});

test('a key that may read configurations of its project registers a reader there, and nowhere else', async () => {
  const place = await newPlace();
  const sibling = { ...place, project_id: (await newProject(server, place.tenant_id)).id as string };
  const { key: token } = await madeIn(server, place.tenant_id, 'api-keys', {
    name: 'k',
    project_id: place.project_id,
    scopes: ['registry:configs:read'],
  });
  const put = (project_id: string, schema: unknown) =>
    server.call(`PUT /v1/projects/${project_id}/configs/limits/readers/billing`, { token, body: { schema } });
  // Registered, seen again, changed.
  for (const schema of [true, true, false]) expect((await put(place.project_id, schema)).status).toBe(204);
  expect((await put(sibling.project_id, true)).status).toBe(404);
  expect(await listed(place)).toMatchObject([{ reader: 'billing', schema: false }]);
  expect(await listed(sibling)).toEqual([]);
});

test('those that do not accept a content are named with the places, until they have not come for seven days', async () => {
  const place = await newPlace();
  await register(place, 'billing', atLeast(10));
  await register(place, 'audit', { type: 'object' });
  await register(place, 'other', false, 'other');
  const errors = [{ pointer: '/max_users', message: 'must be at least 10' }];
  expect(await broken(place, { max_users: 5 })).toEqual([{ reader: 'billing', errors }]);
  expect(await broken(place, { max_users: 10 })).toEqual([]);
  server.clock.advance(4 * DAY_MS);
  await register(place, 'audit', { type: 'object' });
  server.clock.advance(4 * DAY_MS);
  expect(await broken(place, { max_users: 5 })).toEqual([]);
  expect((await broken(place, 'text')).map(({ reader }) => reader)).toEqual(['audit']);
  expect((await listed(place)).map(({ reader }: { reader: string }) => reader)).toEqual(['audit']);
});

test('a write that a reader does not accept is refused with the reader and the places, unless readers are ignored', async () => {
  const place = await newPlace();
  const path = `/v1/projects/${place.project_id}/configs/limits`;
  await register(place, 'billing', atLeast(10));
  const body = { content: { max_users: 5 }, expected_version: 0 };
  const refused = await server.call(`PUT ${path}`, { body });
  const errors = [{ pointer: '/content/max_users', message: 'must be at least 10' }];
  expect([refused.status, refused.body.code, refused.body.readers]).toEqual([
    409,
    'breaks_readers',
    [{ reader: 'billing', errors }],
  ]);
  expect((await server.call(`GET ${path}`)).status).toBe(404);
  expect((await server.call(`PUT ${path}`, { body: { ...body, ignore_readers: true } })).status).toBe(200);
  const [, written] = await auditOf(server, `${place.project_id}/limits`);
  expect(written).toMatchObject({ action: 'config.created', metadata: { ignored_readers: ['billing'] } });
});

test('readers whose schemas cost too much block no write, and count against no writer of the tenant', async () => {
  const place = await newPlace();
  const costly = { type: 'string', pattern: '^(a+)+$' };
  for (const reader of ['a', 'b', 'c', 'd']) await register(place, reader, costly);
  const content = `${'a'.repeat(40)}!`;
  for (let index = 0; index < 2; index++) expect(await broken(place, content)).toEqual([]);
  const schema = JSON.stringify(atLeast(1));
  const { jsonSchemas } = server.app.deps;
  expect(await jsonSchemas.validate(place.tenant_id, { schema, content: { max_users: 1 } })).toEqual([]);
});

test('readers that have not come for seven days are deleted, and no others', async () => {
  const place = await newPlace();
  await register(place, 'late', true);
  server.clock.advance(4 * DAY_MS);
  await register(place, 'there', true);
  server.clock.advance(4 * DAY_MS);
  let deleted = 0;
  for (let batch = 1; batch > 0; deleted += batch) batch = await runWorker(server, 'config-readers-expiry');
  expect(deleted).toBeGreaterThan(0);
  const rows = server.app.deps.db
    .selectFrom('config_readers')
    .select('reader')
    .where('project_id', '=', place.project_id);
  expect(await rows.execute()).toEqual([{ reader: 'there' }]);
});
