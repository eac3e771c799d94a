import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { appendEvent, countEvents, eventOf } from '../../../test/support/audit-events.ts';
import { eventsOf } from '../../../test/support/events.ts';
import { newTenant, tenantIn, testServer, UNKNOWN, uniqueSlug } from '../../../test/support/server.ts';

const server = testServer();

const append = (fields?: Record<string, unknown>) => appendEvent(server, fields);

/** Something that only the calling test's events have. */
const mark = () => randomUUID();

// proves A30, A50
test('an event is written as the product tells it, and read back equal', async () => {
  const tenant = await newTenant(server);
  const event = {
    tenant_id: tenant.id,
    product: 'certifai',
    project_id: randomUUID(),
    actor: { type: 'user', id: 'kc|7', name: 'Zoë Müller' },
    action: 'report.exported',
    target: { type: 'report', id: 'r-1', name: 'Q3 "final"' },
    description: 'Exported a report\nas PDF.',
    metadata: { pages: 12, nested: { list: [1, 'ü', null, true] }, emoji: '😀' },
    source_ip: '203.0.113.7',
    request_id: 'req-9',
    crud: 'r',
    external_id: 'evt-9',
    is_failure: true,
    occurred_at: '2026-01-02T03:04:05.678901Z',
  };
  const { status, headers, body } = await server.call('POST /v1/audit', { body: event, token: server.internalToken });
  expect(status).toBe(201);
  const origin = { origin: 'reported', reported_by: 'internal_token' };
  const given = { id: body.id, tenant_slug: tenant.slug, created_at: body.created_at, extra: null };
  expect(body).toEqual({ ...event, ...origin, ...given });
  expect(Math.abs(new Date(body.created_at).getTime() - server.clock.now().getTime())).toBeLessThan(60_000);
  expect(headers.get('location')).toBe(`/v1/audit/${body.id}`);
  const read = await server.call(`GET /v1/audit/${body.id}`);
  expect(read.body).toEqual(body);
  expect(read.headers.get('etag')).toBe(headers.get('etag'));
  expect((await server.call(`GET /v1/audit?tenant_id=${tenant.id}&limit=1`)).body.items).toEqual([body]);
});

test('what an event does not tell is filled in: now, no tenant, no target, and the id of the request', async () => {
  const { headers, body } = await server.call('POST /v1/audit', { body: eventOf(), token: server.internalToken });
  expect(body).toMatchObject({
    tenant_id: null,
    tenant_slug: null,
    product: null,
    project_id: null,
    actor: { type: 'user', id: 'u-1', name: null },
    target: null,
    description: null,
    metadata: {},
    source_ip: null,
    crud: null,
    external_id: null,
    request_id: headers.get('x-request-id'),
    is_failure: false,
    occurred_at: body.created_at,
  });
});

test('what may be absent from an event may be null', async () => {
  const nulls = { tenant_id: null, product: null, project_id: null, target: null, description: null };
  expect(await append({ ...nulls, source_ip: null, request_id: null })).toMatchObject(nulls);
});

test('products and operators append, and the actor is the one that the body names', async () => {
  for (const token of [server.internalToken, server.operatorToken]) {
    const { status, body } = await server.call('POST /v1/audit', { body: eventOf(), token });
    expect([status, body.actor]).toEqual([201, { type: 'user', id: 'u-1', name: null }]);
  }
});

test('an appended event stands alone: it is no change of state, so no event of the registry tells of it', async () => {
  const { id: tenant_id } = await newTenant(server);
  await append({ tenant_id });
  expect((await eventsOf(server, tenant_id)).map(({ event_type }) => event_type)).toEqual(['tenant.created']);
});

test.each(['frozen', 'archived'] as const)('an event is never refused because its tenant is %s', async (status) => {
  const { id, slug } = await tenantIn(server, status);
  expect(await append({ tenant_id: id })).toMatchObject({ tenant_id: id, tenant_slug: slug });
});

test('an event of a tenant that does not exist is not found, and nothing is written', async () => {
  const before = await countEvents(server);
  const { status, body } = await server.call('POST /v1/audit', { body: eventOf({ tenant_id: UNKNOWN }) });
  expect([status, body.code, body.errors[0].pointer]).toEqual([404, 'not_found', '/tenant_id']);
  expect(await countEvents(server)).toBe(before);
});

test('an id in upper case is the same tenant', async () => {
  const tenant = await newTenant(server);
  expect((await append({ tenant_id: tenant.id.toUpperCase() })).tenant_id).toBe(tenant.id);
});

const BIG = 'x'.repeat(32_768 - '{"a":""}'.length);

test('metadata of exactly 32 KiB is taken', async () => {
  expect((await append({ metadata: { a: BIG } })).metadata).toEqual({ a: BIG });
});

test.each([
  ['/actor', { actor: undefined }],
  ['/actor', { actor: 'me' }],
  ['/actor/id', { actor: { type: 'user' } }],
  ['/actor/type', { actor: { type: '', id: 'x' } }],
  ['/actor/email', { actor: { type: 'user', id: 'x', email: 'x@example.com' } }],
  ['/action', { action: undefined }],
  ['/action', { action: '' }],
  ['/action', { action: 'with space' }],
  ['/action', { action: 'report.*' }],
  ['/action', { action: 'x'.repeat(201) }],
  ['/action', { action: 'ärger' }],
  ['/target/id', { target: { type: 'report' } }],
  ['/target/id', { target: { type: 'report', id: 'x'.repeat(501) } }],
  ['/tenant_id', { tenant_id: 'acme' }],
  ['/project_id', { project_id: 7 }],
  ['/product', { product: '' }],
  ['/description', { description: 'x'.repeat(4001) }],
  ['/metadata', { metadata: [] }],
  ['/metadata', { metadata: 'text' }],
  ['/metadata', { metadata: { a: `${BIG}x` } }],
  ['/metadata', { metadata: { a: '€'.repeat(10_923) } }],
  ['/metadata/a', { metadata: { a: 'a\0b' } }],
  ['/metadata/a', { metadata: { a: 2 ** 53 } }],
  ['/metadata/a/0', { metadata: { a: ['\ud800'] } }],
  ['/source_ip', { source_ip: '300.1.1.1' }],
  ['/source_ip', { source_ip: '10.0.0.0/8' }],
  ['/source_ip', { source_ip: 'fe80::1%eth0' }],
  ['/source_ip', { source_ip: '' }],
  ['/request_id', { request_id: '' }],
  ['/is_failure', { is_failure: 'yes' }],
  ['/occurred_at', { occurred_at: 'yesterday' }],
  ['/occurred_at', { occurred_at: '2026-02-30T00:00:00Z' }],
  ['/occurred_at', { occurred_at: '0000-01-01T00:00:00Z' }],
  ['/occurred_at', { occurred_at: '9999-12-31T23:59:59-01:00' }],
  ['/id', { id: UNKNOWN }],
  ['/created_at', { created_at: '2026-01-01T00:00:00Z' }],
  ['/tenant_slug', { tenant_slug: 'acme' }],
  ['/origin', { origin: 'registry' }],
  ['/reported_by', { reported_by: 'operator_token' }],
])('a wrong %s is named and nothing is written (case %#)', async (pointer, wrong) => {
  const before = await countEvents(server);
  const { status, body } = await server.call('POST /v1/audit', { body: eventOf(wrong) });
  expect([status, body.errors?.[0].pointer]).toEqual([400, pointer]);
  expect(await countEvents(server)).toBe(before);
});

test('a number past all numbers is refused, not written as null', async () => {
  const { status, body } = await server.call('POST /v1/audit', {
    body: '{"actor":{"type":"user","id":"1"},"action":"a","metadata":{"n":1e999}}',
  });
  expect([status, body.errors[0].pointer]).toEqual([400, '/metadata/n']);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::1', '::1'],
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
])('the address %s is kept as %s', async (given, kept) => {
  expect((await append({ source_ip: given })).source_ip).toBe(kept);
});

test("a time with an offset is kept as the same moment in UTC, and a product's clock may be five minutes ahead", async () => {
  const { occurred_at } = await append({ occurred_at: '2026-01-01T00:00:00+16:00' });
  expect(occurred_at).toBe('2025-12-31T08:00:00.000Z');
  const ahead = (ms: number) => new Date(server.clock.now().getTime() + ms).toISOString();
  await append({ occurred_at: ahead(290_000) });
  const before = await countEvents(server);
  const { status, body } = await server.call('POST /v1/audit', { body: eventOf({ occurred_at: ahead(310_000) }) });
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'occurred_in_the_future', '/occurred_at']);
  expect(await countEvents(server)).toBe(before);
});

test('a single event has no body over 64 KiB', async () => {
  const { status, body } = await server.call('POST /v1/audit', { body: eventOf({ x: 'x'.repeat(65_536) }) });
  expect([status, body.code]).toEqual([413, 'body_too_large']);
});

test('an event sent twice with one Idempotency-Key is written once', async () => {
  const [body, headers] = [eventOf({ request_id: mark() }), { 'idempotency-key': randomUUID() }];
  const before = await countEvents(server);
  const [first, again] = [
    await server.call('POST /v1/audit', { body, headers }),
    await server.call('POST /v1/audit', { body, headers }),
  ];
  expect(again.body).toEqual(first.body);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(await countEvents(server)).toBe(before + 1);
});

test('an event with an Idempotency-Key is not written again when its answer was lost in a crash', async () => {
  const key = randomUUID();
  const send = () => server.call('POST /v1/audit', { body: eventOf(), headers: { 'idempotency-key': key } });
  await send();
  const { db } = server.app.deps;
  const row = () => db.selectFrom('idempotency_keys').selectAll().where('key', '=', key).executeTakeFirstOrThrow();
  // The append itself marked the key: what the answer wrote later is taken away here.
  expect((await row()).committed_at).not.toBeNull();
  await db.updateTable('idempotency_keys').set({ body: null }).where('key', '=', key).execute();
  const before = await countEvents(server);
  server.clock.advance(61_000);
  expect((await send()).body.code).toBe('idempotency_outcome_lost');
  expect(await countEvents(server)).toBe(before);
});

test('a time that the database does not know is refused wherever it is sent, not an error of ours', async () => {
  const create = (fields: object) =>
    server.call('POST /v1/tenants', { body: { slug: uniqueSlug(), name: 'X', ...fields } });
  for (const [field, wrong] of [
    ['trial_ends_at', '0000-01-01T00:00:00Z'],
    ['contract_starts_on', '0000-01-01'],
  ] as const) {
    const { status, body } = await create({ [field]: wrong });
    expect([status, body.errors?.[0].pointer]).toEqual([400, `/${field}`]);
  }
  const { body } = await create({ trial_ends_at: '2026-01-01T00:00:00+16:00' });
  expect(body.trial_ends_at).toBe('2025-12-31T08:00:00.000Z');
});
