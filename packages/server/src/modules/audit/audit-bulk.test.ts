// engine: postgres
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { appendEvents, countEvents, eventOf } from '../../../test/support/audit-events.ts';
import { newTenant, testServer, UNKNOWN } from '../../../test/support/server.ts';

const server = testServer();

const bulk = (events: unknown) => appendEvents(server, events);

const many = (count: number, fields: Record<string, unknown> = {}) =>
  Array.from({ length: count }, (_, index) => eventOf({ request_id: `r-${index}`, ...fields }));

// proves A50
test('up to 1000 events are written with ids in their order, each as it would be alone', async () => {
  const [one, other] = [await newTenant(server), await newTenant(server)];
  const request_id = randomUUID();
  const rich = {
    tenant_id: one.id,
    product: 'certifai',
    actor: { type: 'user', id: 'u', name: 'Zoë' },
    target: { type: 'report', id: request_id, name: 'r' },
    description: 'd',
    metadata: { text: 'quote " backslash \\ line \n 😀', n: 1.5 },
    source_ip: '::1',
    request_id,
    is_failure: true,
    occurred_at: '2026-01-02T03:04:05.678901Z',
  };
  const events = [...many(997), eventOf(rich), eventOf({ tenant_id: other.id }), eventOf()];
  const { status, body } = await bulk(events);
  expect(status).toBe(201);
  expect(new Set(body.ids).size).toBe(1000);
  const alone = await server.call('POST /v1/audit', { body: eventOf(rich), token: server.internalToken });
  const { body: read } = await server.call(`GET /v1/audit/${body.ids[997]}`);
  expect(read).toEqual({ ...alone.body, id: body.ids[997], created_at: read.created_at });
  expect(read).toMatchObject({ ...rich, tenant_slug: one.slug });
  const { body: second } = await server.call(`GET /v1/audit/${body.ids[998]}`);
  expect(second).toMatchObject({ tenant_id: other.id, tenant_slug: other.slug });
});

test('a bulk of megabytes is taken over REST and tRPC alike, where other operations refuse it', async () => {
  const body = { events: many(1000, { metadata: { text: 'x'.repeat(2_000) } }) };
  expect((await server.call('POST /v1/audit/bulk', { body })).status).toBe(201);
  const trpc = (path: string) =>
    fetch(`${server.url}/trpc/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.operatorToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const answer = await trpc('audit.appendBulk');
  expect(answer.status).toBe(200);
  expect(JSON.parse(await answer.text()).result.data.ids).toHaveLength(1000);
  expect((await trpc('audit.append')).status).toBe(413);
  expect((await trpc('tenants.create')).status).toBe(413);
});

test('1001 events, none, and something else are refused by name', async () => {
  const before = await countEvents(server);
  for (const events of [many(1001), [], undefined, 'x', {}]) {
    const { status, body } = await bulk(events);
    expect([status, body.errors[0].pointer]).toEqual([400, '/events']);
  }
  expect(await countEvents(server)).toBe(before);
});

test.each([
  ['a wrong field', '/events/517/action', { action: '' }, 400],
  ['an unknown field', '/events/517/surprise', { surprise: 1 }, 400],
  ['metadata over 32 KiB', '/events/517/metadata', { metadata: { a: 'x'.repeat(32_768) } }, 400],
  ['a time in the future', '/events/517/occurred_at', { occurred_at: '2999-01-01T00:00:00Z' }, 400],
  ['an unknown tenant', '/events/517/tenant_id', { tenant_id: UNKNOWN }, 404],
])('%s in one of 1000 events is named, and none of them is written', async (_, pointer, wrong, expected) => {
  const before = await countEvents(server);
  const { id } = await newTenant(server);
  const events = many(1000, { tenant_id: id }).map((event, index) => (index === 517 ? { ...event, ...wrong } : event));
  const { status, body } = await bulk(events);
  expect([status, body.errors.map((each: { pointer: string }) => each.pointer)]).toEqual([expected, [pointer]]);
  expect(await countEvents(server)).toBe(before + 1); // the tenant's own
});

test('events sent twice with one Idempotency-Key are written once, with the same ids', async () => {
  const [body, headers] = [{ events: many(10) }, { 'idempotency-key': randomUUID() }];
  const before = await countEvents(server);
  const first = await server.call('POST /v1/audit/bulk', { body, headers });
  expect((await server.call('POST /v1/audit/bulk', { body, headers })).body).toEqual(first.body);
  expect(await countEvents(server)).toBe(before + 10);
});
