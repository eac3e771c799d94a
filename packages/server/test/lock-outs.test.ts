// engine: postgres
/** Lock-outs count guesses, and lock out the guesser alone. */
import { afterEach, expect, test } from 'vitest';
import { testConfig } from '../src/testing.ts';
import { ask, newKey, proofsByArgon2 } from './support/api-keys.ts';
import { newIssuer } from './support/oidc.ts';
import {
  oidcFor,
  runWorker,
  startTestServer,
  type TestServer,
  type TestServerOptions,
  tenantIn,
} from './support/server.ts';

const started: TestServer[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.close();
});

const FAILURES_MAX = 3;

async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const limits = { ...testConfig.limits, failuresPerMinute: FAILURES_MAX };
  const server = await startTestServer({ trustProxy: 'loopback', limits, ...options });
  started.push(server);
  return server;
}

const HOME = '192.0.2.1';
const AWAY = '192.0.2.2';

/** Asks `GET /v1/me` from an address that the proxy tells. */
async function me(server: TestServer, token: string, address = HOME) {
  const { status, body, headers } = await server.call('GET /v1/me', { token, headers: { 'x-forwarded-for': address } });
  return { status, detail: body.detail, challenge: headers.get('www-authenticate') };
}

const nowSeconds = () => Math.floor(Date.now() / 1000);
const wrong = (key: { prefix: string }, n: number) => `${key.prefix}${String(n).padStart(14, 'A')}`;

test('a key that has ended says so to its holder, and locks no address out, however often it is used', async () => {
  const server = await startServer();
  const good = await newKey(server);
  const revoked = await newKey(server);
  await server.call(`DELETE /v1/api-keys/${revoked.id}`);
  const expires_at = new Date(server.clock.now().getTime() + 60_000).toISOString();
  const expired = await newKey(server, { expires_at });
  server.clock.advance(60_000);
  const archived = await newKey(server);
  for (const step of ['cancel', 'archive']) await server.call(`POST /v1/tenants/${archived.tenant_id}/${step}`);
  for (const [key, detail] of [
    [revoked, 'This API key was revoked.'],
    [expired, 'This API key has expired.'],
    [archived, 'The tenant of this API key is archived.'],
  ]) {
    for (let n = 0; n < 2 * FAILURES_MAX; n += 1) {
      const answer = await me(server, key.key);
      expect([answer.status, answer.detail]).toEqual([401, detail]);
      expect(answer.challenge).toContain(detail);
    }
  }
  expect((await me(server, good.key)).status).toBe(200);
  await runWorker(server, 'access-audit');
  const { body } = await server.call('GET /v1/audit?action=access.sign_in_failed');
  const reasons = body.items.map(({ metadata }: { metadata: { reason: string } }) => metadata.reason).sort();
  expect(reasons).toEqual(['expired', 'revoked', 'tenant_archived']);
});

test('a wrong key with the prefix of a revoked one learns nothing, and counts as a guess', async () => {
  const server = await startServer();
  const revoked = await newKey(server);
  await server.call(`DELETE /v1/api-keys/${revoked.id}`);
  for (let n = 0; n < FAILURES_MAX; n += 1) {
    const { status, detail } = await me(server, wrong(revoked, n));
    expect([status, detail]).toEqual([401, 'This API key is not known here.']);
  }
  expect((await me(server, revoked.key)).status).toBe(429);
});

test('a signed token that has ended, has not begun or is for another use locks no address out; a forged one counts', async () => {
  const issuer = await newIssuer();
  const server = await startServer({ oidc: oidcFor(issuer) });
  const { id: tenant_id } = await tenantIn(server, 'active');
  const good = await issuer.sign({ tenant_id, org_roles: ['IT_ADMIN'] });
  for (const claims of [
    { exp: nowSeconds() - 120 },
    { nbf: nowSeconds() + 600 },
    { aud: 'account' },
    { typ: 'ID' },
    { sub: '' },
  ]) {
    const token = await issuer.sign(claims);
    for (let n = 0; n < 2 * FAILURES_MAX; n += 1) expect((await me(server, token)).status).toBe(401);
  }
  expect((await me(server, good)).status).toBe(200);
  const forged = `${good.slice(0, -8)}AAAAAAAA`;
  for (let n = 0; n < FAILURES_MAX; n += 1) expect((await me(server, forged)).status).toBe(401);
  expect((await me(server, good)).status).toBe(429);
  expect((await me(server, good, AWAY)).status).toBe(200);
});

test('guesses at a key lock out their own address alone: its owner elsewhere and at the gateway goes on', async () => {
  const server = await startServer({ limits: testConfig.limits });
  const keys = [await newKey(server), await newKey(server)];
  server.clock.stop();
  for (const key of keys) {
    for (let n = 0; n < 20; n += 1) expect((await me(server, wrong(key, n))).status).toBe(401);
    const before = await proofsByArgon2(server);
    expect((await me(server, wrong(key, 20))).status).toBe(429);
    expect((await me(server, key.key)).status).toBe(429);
    expect(await proofsByArgon2(server)).toBe(before);
  }
  expect((await me(server, keys[0].key, AWAY)).status).toBe(200);
  expect((await ask(server, { key: keys[1].key })).body).toMatchObject({ valid: true });
});

test('while a gateway is guessed through, one attempt a second is made, so that the right key comes through', async () => {
  const server = await startServer();
  const key = await newKey(server);
  server.clock.stop();
  for (let n = 0; n < 20; n += 1) expect((await ask(server, { key: wrong(key, n) })).body.code).toBe('not_found');
  expect((await ask(server, { key: key.key })).status).toBe(429);
  server.clock.advance(1_000);
  expect((await ask(server, { key: wrong(key, 20) })).body.code).toBe('not_found');
  expect((await ask(server, { key: key.key })).status).toBe(429);
  server.clock.advance(1_000);
  expect((await ask(server, { key: key.key })).body).toMatchObject({ valid: true });
  // Proved once, it needs no attempt any more.
  for (let n = 0; n < 3; n += 1) expect((await ask(server, { key: key.key })).body).toMatchObject({ valid: true });
});

test('a proxy that TRUST_PROXY does not name is warned of once, at the first request that it forwards', async () => {
  const warnings = (server: TestServer) => server.logs.filter((line) => line.includes('TRUST_PROXY is empty'));
  const server = await startServer({ trustProxy: false });
  await server.call('GET /v1/tenants');
  expect(warnings(server)).toEqual([]);
  for (const address of [HOME, AWAY]) await server.call('GET /v1/tenants', { headers: { 'x-forwarded-for': address } });
  expect(warnings(server)).toHaveLength(1);
  expect(JSON.parse(warnings(server)[0] ?? '')).toMatchObject({ level: 'warn', proxy: '127.0.0.1' });
  const trusting = await startServer();
  await trusting.call('GET /v1/tenants', { headers: { 'x-forwarded-for': HOME } });
  expect(warnings(trusting)).toEqual([]);
});
