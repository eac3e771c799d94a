/** The limits of requests, and the answers above them. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Limits } from '../src/http/guard.ts';
import { testConfig } from '../src/testing.ts';
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
  const until = performance.now() + 1_500;
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
