// engine: postgres
/** The limits of requests, and the answers above them. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import type { Limits } from '../src/http/guard.ts';
import { testConfig } from '../src/testing.ts';
import { newSession } from './support/people.ts';
import { addMember, newGroup, newUser } from './support/role-holders.ts';
import {
  auditOf,
  runWorker,
  startTestServer,
  type TestServer,
  type TestServerOptions,
  tenantIn,
  uniqueSlug,
} from './support/server.ts';

const started: TestServer[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.close();
});

async function limited(limits: Partial<Limits>, options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer({ ...options, limits: { ...testConfig.limits, ...limits } });
  started.push(server);
  return server;
}

test('a principal above its limit gets 429 with Retry-After and RateLimit headers; others go on, and products are not rationed', async () => {
  const server = await limited({ principalPerMinute: 3 });
  const list = () => server.call('GET /v1/tenants');
  const first = await list();
  expect([first.status, first.headers.get('ratelimit-limit'), first.headers.get('ratelimit-remaining')]).toEqual([
    200,
    '3',
    '2',
  ]);
  await list();
  await list();
  const { status, headers, body } = await list();
  expect([status, body.code]).toEqual([429, 'rate_limited']);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect([headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')]).toEqual(['3', '0']);
  const verify = { token: server.internalToken, body: { key: 'bp_' } };
  for (let i = 0; i < 5; i += 1)
    expect((await server.call('POST /v1/internal/api-keys/verify', verify)).status).toBe(200);
  expect((await server.call('GET /healthz', { token: null })).status).toBe(200);
});

/** An active tenant and a key of it that may do all of this. */
async function keyIn(server: TestServer) {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const scopes = [
    'registry:api_keys:write',
    'registry:api_keys:read',
    'registry:audit:read',
    'registry:idp_configs:write',
  ];
  const { body } = await server.call('POST /v1/api-keys', { body: { tenant_id, name: 'k', scopes } });
  return { tenant_id, token: String(body.key) };
}

const left = ({ headers }: { headers: Headers }) =>
  ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`ratelimit-${name}`)));

test('the keys of a tenant, and those that they make, share one budget; other tenants and operators have theirs', async () => {
  const server = await limited({ tenantPerMinute: 4 });
  server.clock.stop();
  const [one, other] = [await keyIn(server), await keyIn(server)];
  const me = (token: string) => server.call('GET /v1/me', { token });
  expect(left(await me(one.token))).toEqual([4, 3, 60]);
  const body = { tenant_id: one.tenant_id, name: 'second', scopes: ['registry:api_keys:read'] };
  const second = await server.call('POST /v1/api-keys', { token: one.token, body });
  expect([second.status, ...left(second)]).toEqual([201, 4, 2, 60]);
  server.clock.advance(30_000);
  expect(left(await me(second.body.key))).toEqual([4, 1, 30]);
  expect(left(await me(one.token))).toEqual([4, 0, 30]);
  for (const token of [one.token, second.body.key]) {
    const refused = await me(token);
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
      429,
      'rate_limited',
      '30',
    ]);
    expect(left(refused)).toEqual([4, 0, 30]);
  }
  expect((await me(other.token)).status).toBe(200);
  for (let i = 0; i < 6; i += 1) expect((await me(server.operatorToken)).status).toBe(200);
  server.clock.advance(30_000);
  expect(left(await me(one.token))).toEqual([4, 3, 60]);
  expect(await server.app.deps.metrics.registry.metrics()).toContain('rate_limited_total{budget="tenant_requests"} 2');
});

test('what an answer and expensive work cost is taken from the budget of the tenant, over REST and tRPC alike', async () => {
  const server = await limited({ tenantPerMinute: 1_000, tenantCostPerMinute: 400 });
  server.clock.stop();
  const { tenant_id, token } = await keyIn(server);
  const { token: neighbour } = await keyIn(server);
  await sql`
    insert into audit_log (tenant_id, product, actor_type, actor_id, action, metadata, created_at, origin)
    select ${tenant_id}, 'p', 'user', 'u', 'made.up', jsonb_build_object('text', repeat('x', 60000)), now(), 'registry'
    from generate_series(1, 40)`.execute(server.app.deps.db);
  const costs: number[] = [];
  let before = 400;
  const spend = async (operation: string, body?: object) => {
    const answer = await server.call(operation, { token, ...(body === undefined ? {} : { body }) });
    const [limit, remaining = 0] = left(answer);
    expect(limit, JSON.stringify(answer.body)).toBe(400);
    costs.push(before - remaining);
    before = remaining;
    return answer;
  };
  await spend('GET /v1/me');
  const page = await spend('GET /v1/audit?product=p&limit=200');
  await spend(`GET /trpc/audit.list?input=${encodeURIComponent(JSON.stringify({ product: 'p', limit: 200 }))}`);
  await spend('POST /v1/api-keys', { tenant_id, name: 'second' });
  await spend('HEAD /v1/audit/export');
  const units = Math.ceil(Number(page.headers.get('content-length')) / 16_384);
  expect(units).toBeGreaterThan(50);
  expect(costs).toEqual([1, units, units, 101, 1]);
  // An export is charged as it is sent: afterwards there is less by its 40 events of 60 KB.
  const { headers, body } = await server.call('GET /v1/audit/export?product=p', { token });
  expect(Number(headers.get('ratelimit-remaining'))).toBe(before - 51);
  const exported = Math.floor(Buffer.byteLength(body) / 16_384);
  const [, standing] = server.app.deps.budgets.standings({ principal: '', tenant_id });
  expect(standing?.remaining).toBe(Math.max(0, before - 51 - exported));
  const refused = await server.call('GET /v1/me', { token });
  expect([refused.status, refused.body.code, ...left(refused)]).toEqual([429, 'rate_limited', 400, 0, 60]);
  expect((await server.call('GET /v1/me', { token: neighbour })).status).toBe(200);
});

test('many checks, and what a change takes away from many, cost a tenant as much as they work', async () => {
  const server = await limited({ tenantCostPerMinute: 100 });
  server.clock.stop();
  const { id: tenant_id } = await tenantIn(server, 'active');
  const group_id = await newGroup(server, tenant_id);
  for (let n = 0; n < 5; n += 1) {
    const { id } = await newUser(server, tenant_id);
    await addMember(server, { tenant_id, group_id, type: 'user', id });
  }
  const scopes = ['registry:access:check', 'registry:groups:write', 'registry:tenants:read'];
  const { body } = await server.call('POST /v1/api-keys', { body: { tenant_id, name: 'k', scopes } });
  const remainingAfter = async (call: string, given?: object) => {
    const answer = await server.call(call, { token: body.key, ...(given === undefined ? {} : { body: given }) });
    expect(answer.status).toBe(200);
    return left(answer)[1];
  };
  const check = { permission: 'tenants:read', resource: { type: 'tenant', id: tenant_id } };
  expect(await remainingAfter('POST /v1/access/check', check)).toBe(99);
  expect(await remainingAfter('POST /v1/access/check-batch', { checks: Array(20).fill(check) })).toBe(79);
  expect(await remainingAfter(`DELETE /v1/groups/${group_id}?dry_run=true`)).toBe(73);
});

test('two people whom two tenants know by one subject spend no budget of each other', async () => {
  const server = await limited({ principalPerMinute: 100 });
  server.clock.stop();
  const remaining = async () => {
    const { id: tenant_id } = await tenantIn(server, 'active');
    const user = await newUser(server, tenant_id);
    const external_subject = 'https://login.example.com|42';
    await server.app.deps.db.updateTable('users').set({ external_subject }).where('id', '=', user.id).execute();
    const { options } = await newSession(server, { ...user, email: '' });
    return left(await server.call('GET /v1/me', options))[1];
  };
  expect([await remaining(), await remaining(), await remaining()]).toEqual([99, 99, 99]);
});

test('an address without a credential has a limit of its own', async () => {
  const server = await limited({ addressPerMinute: 2 });
  const attempt = async (token: string | null) => (await server.call('GET /v1/tenants', { token })).status;
  expect([await attempt(null), await attempt('nobody'), await attempt(null)]).toEqual([401, 401, 429]);
  expect((await server.call('GET /v1/tenants')).status).toBe(200);
});

test('a port that a proxy adds does not make another address, and IPv6 addresses of one network count as one', async () => {
  const server = await limited({ addressPerMinute: 2 }, { trustProxy: 'loopback' });
  const from = async (address: string) =>
    (await server.call('GET /v1/tenants', { token: null, headers: { 'x-forwarded-for': address } })).status;
  expect([await from('192.0.2.7:1'), await from('192.0.2.7:2'), await from('192.0.2.7')]).toEqual([401, 401, 429]);
  const network = ['[2001:db8::1]:1', '2001:db8::2', '2001:db8::3:4'];
  expect([await from(network[0] ?? ''), await from(network[1] ?? ''), await from(network[2] ?? '')]).toEqual([
    401, 401, 429,
  ]);
  expect(await from('2001:db8:0:1::1')).toBe(401);
});

test('the audit log keeps the address alone of what a proxy forwards', async () => {
  const server = await limited({}, { trustProxy: 'loopback' });
  for (const [forwarded, address] of [
    ['192.0.2.7:51234', '192.0.2.7'],
    ['fe80::7%eth0', 'fe80::7'],
    ['unknown', '127.0.0.1'],
  ] as const) {
    const headers = { 'x-forwarded-for': forwarded };
    const made = await server.call('POST /v1/tenants', { body: { slug: uniqueSlug(), name: 'x' }, headers });
    expect(made.status, forwarded).toBe(201);
    const [row] = await auditOf(server, made.body.id);
    expect(row?.source_ip).toBe(address);
  }
});

test('no body is read for who is not known: 401 comes before its end and its syntax', async () => {
  const server = await limited({});
  const { port } = new URL(server.url);
  for (const path of ['/v1/audit/bulk', '/trpc/audit.appendBulk', '/v1/tenants']) {
    const socket = connect(Number(port), '127.0.0.1');
    const head = [`POST ${path} HTTP/1.1`, 'Host: x', 'Content-Type: application/json', 'Content-Length: 60000'];
    socket.write(`${head.join('\r\n')}\r\n\r\n{"events":[`);
    const [answer] = await once(socket, 'data'); // without the rest of the body
    expect(String(answer), path).toMatch(/^HTTP\/1\.1 401 /);
    expect(String(answer), path).toContain('"code":"unauthenticated"');
    socket.destroy();
  }
  const broken = { token: null, body: '{', headers: { 'content-type': 'application/json' } };
  expect((await server.call('POST /v1/tenants', broken)).status).toBe(401);
});

test('a request that never ends is ended, and so is a connection on which nothing moves', async () => {
  const server = await limited({});
  const { requestTimeout, timeout } = server.app.server.server;
  expect([requestTimeout, timeout]).toEqual([60_000, 30_000]);
});

test('the documentation is sent to an address as often as anything else', async () => {
  const server = await limited({ addressPerMinute: 3 });
  const get = async (path: string) => (await fetch(server.url + path)).status;
  expect([await get('/docs'), await get('/docs/reference.js'), await get('/openapi.json')]).toEqual([200, 200, 200]);
  expect([await get('/docs/reference.js'), await get('/openapi.json'), await get('/healthz')]).toEqual([429, 429, 200]);
});

test('after too many refused credentials an address is not listened to, not even with a good key, but with a static token', async () => {
  const server = await limited({ failuresPerMinute: 3 });
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { body: key } = await server.call('POST /v1/api-keys', { body: { tenant_id, name: 'x' } });
  const me = async (token: string) => server.call('GET /v1/me', { token });
  expect((await me(key.key)).status).toBe(200);
  for (let i = 0; i < 3; i += 1) expect((await me(`bp_${'D'.repeat(22)}`)).status).toBe(401);
  const refused = await me(key.key);
  expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited']);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await me(server.operatorToken)).status).toBe(200);
  await runWorker(server, 'access-audit');
  const { body } = await server.call('GET /v1/audit?action=access.sign_in_failed');
  const reasons = body.items.map(({ metadata }: { metadata: { reason: string } }) => metadata.reason).sort();
  expect(reasons).toEqual(['invalid_key', 'rate_limited']);
});

test('a process that cannot keep up answers 503 with Retry-After instead of queueing, and still answers /healthz', async () => {
  const server = await limited({ eventLoopDelayMaxMs: 100 });
  const until = performance.now() + 3_000;
  const statuses: number[] = [];
  const drown = () => {
    const end = performance.now() + 400;
    while (performance.now() < end);
    if (performance.now() < until) setImmediate(drown);
  };
  setImmediate(drown);
  while (!statuses.includes(503) && performance.now() < until + 20_000) {
    const { status, headers, body } = await server.call('GET /v1/tenants');
    statuses.push(status);
    if (status === 503) expect([body.code, headers.get('retry-after')]).toEqual(['overloaded', '1']);
  }
  expect(statuses).toContain(503);
  expect((await server.call('GET /healthz', { token: null })).status).toBe(200);
  await expect.poll(async () => (await server.call('GET /v1/tenants')).status).toBe(200);
});
