// engine: postgres
/** Pages of other origins may do what CORS_ORIGINS allows, and never with ambient credentials. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { testConfig } from '../src/testing.ts';
import { newTenant, startTestServer, testServer, uniqueSlug } from './support/server.ts';

const PORTAL = 'https://portal.example';
const EVIL = 'https://evil.example';
const server = testServer({ corsOrigins: [PORTAL, 'http://localhost:3000'] });

const granted = (headers: Headers) => [...headers.keys()].filter((name) => name.startsWith('access-control-')).sort();
const exposed = (headers: Headers) => headers.get('access-control-expose-headers')?.toLowerCase().split(', ') ?? [];

function preflight(path: string, origin: string, method = 'POST', url = server.url) {
  const asked = { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization' };
  return fetch(url + path, { method: 'OPTIONS', headers: asked });
}

test('a page of an allowed origin reads answers, good and bad, with the headers that tell what to do next', async () => {
  const headers = { origin: PORTAL };
  const made = await server.call('POST /v1/tenants', {
    body: { slug: uniqueSlug(), name: 'x' },
    headers: { ...headers, 'idempotency-key': randomUUID() },
  });
  const answers = [
    made,
    await server.call(`GET /v1/tenants/${made.body.id}`, { headers }),
    await server.call('GET /v1/tenants', { headers, token: null }),
    await server.call('GET /v1/nothing', { headers }),
    await server.call('PUT /v1/tenants', { headers }),
    await server.call('GET /trpc/tenants.list?input=%7B%7D', { headers }),
    await server.call('GET /openapi.json', { headers, token: null }),
    await server.call('POST /v1/internal/api-keys/verify', {
      body: { key: 'x' },
      token: server.internalToken,
      headers,
    }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 200, 401, 404, 405, 200, 200, 200]);
  for (const answer of answers) {
    expect(answer.headers.get('access-control-allow-origin')).toBe(PORTAL);
    expect(granted(answer.headers)).toEqual(['access-control-allow-origin', 'access-control-expose-headers']);
    expect(answer.headers.get('vary')).toContain('Origin');
    const told = [
      'etag',
      'location',
      'x-request-id',
      'ratelimit-remaining',
      'retry-after',
      'www-authenticate',
      'allow',
    ];
    for (const name of told.filter((each) => answer.headers.has(each))) expect(exposed(answer.headers)).toContain(name);
  }
  for (const name of ['idempotency-replayed', 'retry-after', 'ratelimit-limit', 'ratelimit-reset'])
    expect(exposed(made.headers)).toContain(name);
});

test('the preflight of an allowed origin is told the methods of the path, without a credential and without credentials mode', async () => {
  const { id } = await newTenant(server);
  for (const [path, methods] of [
    ['/v1/tenants', ['GET', 'HEAD', 'OPTIONS', 'POST']],
    [`/v1/tenants/${id}`, ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH']],
    ['/trpc/tenants.create', ['OPTIONS', 'POST']],
  ] as const) {
    const { status, headers } = await preflight(path, PORTAL);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, PORTAL]);
    expect(headers.get('access-control-allow-methods')?.split(', ').sort()).toEqual(methods);
    for (const name of ['authorization', 'content-type', 'idempotency-key', 'if-match'])
      expect(headers.get('access-control-allow-headers')).toContain(name);
    expect(Number(headers.get('access-control-max-age'))).toBeGreaterThan(0);
    expect(headers.has('access-control-allow-credentials')).toBe(false);
  }
});

test.each([
  EVIL,
  'null',
  'https://portal.example.evil.example',
  'http://portal.example',
  'https://portal.example:8443',
])('a page of %s is granted nothing', async (origin) => {
  const { status, headers } = await server.call('GET /v1/tenants', { headers: { origin } });
  expect([status, granted(headers), headers.get('vary')]).toEqual([200, [], 'Origin']);
  const asked = await preflight('/v1/tenants', origin);
  expect([asked.status, granted(asked.headers)]).toEqual([405, []]);
});

test('OPTIONS that is no preflight is a method that the path lacks, and an unknown path has none', async () => {
  const plain = await server.call('OPTIONS /v1/tenants', { headers: { origin: PORTAL } });
  expect([plain.status, plain.body.code]).toEqual([405, 'method_not_allowed']);
  expect((await preflight('/v1/nothing', PORTAL)).status).toBe(404);
});

test('preflights are counted like every request of an address without a credential', async () => {
  const limited = await startTestServer({
    corsOrigins: [PORTAL],
    limits: { ...testConfig.limits, addressPerMinute: 2 },
  });
  const statuses: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    const answer = await preflight('/v1/tenants', PORTAL, 'POST', limited.url);
    statuses.push(answer.status);
    if (n === 2) expect(answer.headers.get('access-control-allow-origin')).toBe(PORTAL);
  }
  expect(statuses).toEqual([204, 204, 429]);
  await limited.close();
});

test('without CORS_ORIGINS no page is granted anything, and nothing is said of origins', async () => {
  const closed = await startTestServer();
  const answers = [
    await preflight('/v1/tenants', PORTAL, 'POST', closed.url),
    await closed.call('GET /v1/tenants', { headers: { origin: PORTAL } }),
  ];
  for (const { headers } of answers) expect([granted(headers), headers.get('vary')]).toEqual([[], null]);
  expect(answers.map(({ status }) => status)).toEqual([405, 200]);
  await closed.close();
});
