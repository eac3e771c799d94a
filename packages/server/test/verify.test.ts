/** Verification over its two ways, which give equal answers, and its cost. */
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type Verdict, verdict } from '../src/modules/api-keys/schema.ts';
import { ask, figure, newKey, proofsByArgon2, refusal } from './support/api-keys.ts';
import {
  type Answer,
  DAY_MS,
  entitle,
  startTestServer,
  type TestServer,
  tenantIn,
  testServer,
} from './support/server.ts';

const server = testServer();

/** Asks over tRPC, and returns the answer in the form of REST. */
async function askTrpc(server: TestServer, question: unknown, token: string | null) {
  const { status, body } = await server.call('POST /trpc/apiKeys.verify', { body: question, token });
  return { status, body: status === 200 ? body.result.data : body.error.data.problem };
}

async function bothWays(question: unknown, options: { server?: TestServer; token?: string | null } = {}) {
  const { server: asked = server, token = asked.internalToken } = options;
  const [fast, procedure] = [await ask(asked, question, { token }), await askTrpc(asked, question, token)];
  const without = ({ status, body }: { status: number; body: Record<string, unknown> }) => {
    const { instance: _, ...rest } = body;
    return { status, body: rest };
  };
  expect(without(fast)).toEqual(without(procedure));
  return without(fast);
}

// proves A49, A60
test('verdicts over /v1 and over tRPC are equal', async () => {
  const tenant = await tenantIn(server, 'active');
  const expires_at = new Date(server.clock.now().getTime() + 2 * DAY_MS).toISOString();
  const key = await newKey(server, { tenant_id: tenant.id, scopes: ['a:read'], expires_at });
  const revoked = await newKey(server, { tenant_id: tenant.id });
  await server.call(`DELETE /v1/api-keys/${revoked.id}`);
  await entitle(server, tenant.id);
  const codes = async (question: Record<string, unknown>) => {
    const { status, body } = await bothWays({ key: key.key, ...question });
    expect(status).toBe(200);
    expect(body['valid']).toBe(body['code'] === 'valid');
    return body['code'];
  };
  expect(await codes({})).toBe('valid');
  expect(await codes({ scopes: ['a:read'], product: 'certifai', access: 'write' })).toBe('valid');
  expect(await codes({ scopes: ['a:write'] })).toBe('insufficient_scope');
  expect(await codes({ product: 'no-such-product' })).toBe('not_entitled');
  expect(await codes({ key: revoked.key })).toBe('revoked');
  expect(await codes({ key: 'bp_AAAAAAAAAAAAAAAAAAAAAA' })).toBe('not_found');
  expect(await codes({ key: 'no key at all' })).toBe('not_found');
  await server.call(`POST /v1/tenants/${tenant.id}/cancel`);
  expect(await codes({})).toBe('tenant_frozen');
  expect(await codes({ access: 'read' })).toBe('valid');
  await server.call(`POST /v1/tenants/${tenant.id}/archive`);
  expect(await codes({ access: 'read' })).toBe('tenant_archived');
  server.clock.advance(2 * DAY_MS);
  expect(await codes({})).toBe('expired');
});

test.each([
  ['no key', {}, 400],
  ['an unknown field', { key: 'x', more: 1 }, 400],
  ['a number for a key', { key: 1 }, 400],
  ['half a character in the product', { key: 'bp_AAAAAAAAAAAAAAAAAAAAAA', product: 'a\ud800' }, 400],
  ['a wrong scope', { key: 'x', scopes: ['With Space'] }, 400],
  ['an unknown access', { key: 'x', access: 'admin' }, 400],
  ['what is no JSON', '{', 400],
  ['a name that reaches a prototype', '{"key":"x","__proto__":{}}', 400],
])('%s is refused in the same words over /v1 and over tRPC', async (_, question, status) => {
  expect((await bothWays(question)).status).toBe(status);
});

// proves A49
test.each([
  ['a long text', 'x'.repeat(60_000)],
  ['a text with a NUL', 'a\0b'],
  ['a text with half a character', 'a\ud800'],
  ['a key with more behind it', `bp_${'A'.repeat(22)}\n`],
  ['an empty text', ''],
])('%s that is presented as a key is not_found, whichever protocol asks', async (_, key) => {
  expect(await bothWays({ key })).toEqual({ status: 200, body: refusal('not_found') });
});

test('refusals of callers over /v1 and over tRPC are equal', async () => {
  const question = { key: 'bp_AAAAAAAAAAAAAAAAAAAAAA' };
  expect((await bothWays(question, { token: null })).status).toBe(401);
  expect((await bothWays(question, { token: 'wrong' })).status).toBe(401);
  expect((await bothWays(question, { token: server.operatorToken })).status).toBe(403);
  // Even about the shape.
  expect((await bothWays({ nonsense: true }, { token: server.operatorToken })).status).toBe(403);
});

test('the fast answer has every header that the common one has', async () => {
  const namesOf = ({ headers }: Answer) =>
    [...headers.keys()].filter((name) => !['date', 'content-length'].includes(name)).sort();
  const names = namesOf(await ask(server, { key: 'x' }));
  expect(names).toEqual(namesOf(await server.call('GET /v1/tenants')));
  expect(names).toContain('strict-transport-security');
  expect(names).toContain('x-request-id');
});

/** Sends a verification as it stands, and returns the head and the body of the answer. */
async function sentRaw(more: readonly string[]): Promise<{ readonly head: string[]; readonly body: string }> {
  const { hostname, port } = new URL(server.url);
  const body = JSON.stringify({ key: 'x' });
  const head = [
    'POST /v1/internal/api-keys/verify HTTP/1.1',
    `host: ${hostname}`,
    `authorization: Bearer ${server.internalToken}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    'x-request-id: the-same',
    ...more,
  ];
  const socket = connect(Number(port), hostname);
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  let text = '';
  for await (const chunk of socket.setEncoding('latin1')) {
    text += chunk;
    if (text.endsWith('}')) break;
  }
  const [lines = '', told = ''] = text.split('\r\n\r\n');
  const shown = lines.split('\r\n').map((line) => line.replace(/^(date: )\w{3}, .* GMT$/i, '$1now').toLowerCase());
  return { head: shown.toSorted(), body: told };
}

test('the answer that is written as one text is the one that Node writes header by header', async () => {
  const asOneText = await sentRaw([]);
  expect(await sentRaw(['origin: https://portal.example'])).toEqual(asOneText);
  expect(asOneText.head).toContain('http/1.1 200 ok');
  expect(asOneText.head).toContain('date: now');
  expect(asOneText.head).toContain('x-request-id: the-same');
  const last = await sentRaw(['connection: close']);
  expect(last.body).toBe(asOneText.body);
  expect(last.head).toContain('connection: close');
});

test('answers on one connection follow each other, whichever way each is written', async () => {
  for (const headers of [{}, { origin: 'https://portal.example' }, {}, {}] as const) {
    const answer = await fetch(`${server.url}/v1/internal/api-keys/verify`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.internalToken}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ key: 'x' }),
    });
    expect(await answer.json()).toEqual(refusal('not_found'));
  }
});

test('what is refused before a verdict has the common headers too', async () => {
  const call = 'POST /v1/internal/api-keys/verify';
  for (const refused of [
    await server.call(call, { body: { key: 'x' }, token: null }),
    await server.call(call, { body: '{', token: server.internalToken }),
    await server.call(call, { body: { key: 'x'.repeat(70_000) }, token: server.internalToken }),
    await server.call(call, { body: { key: 'x' }, token: server.operatorToken }),
  ]) {
    expect(refused.status).toBeGreaterThanOrEqual(400);
    for (const name of ['x-request-id', 'cache-control', 'strict-transport-security', 'content-security-policy'])
      expect(refused.headers.get(name), name).not.toBeNull();
  }
});

test('a query is refused, and the request line is logged like every other', async () => {
  const { status, body } = await server.call('POST /v1/internal/api-keys/verify?key=x', {
    body: { key: 'x' },
    token: server.internalToken,
  });
  expect([status, body.code]).toEqual([400, 'invalid_input']);
  const { headers } = await ask(server, { key: 'x' });
  const line = server.logs.map((text) => JSON.parse(text)).find(({ reqId }) => reqId === headers.get('x-request-id'));
  expect(line).toMatchObject({ level: 'info', msg: 'request', method: 'POST', status: 200 });
  expect(line.route).toBe('/v1/internal/api-keys/verify');
});

test('text that is no key costs no read, and an unknown prefix one read and no argon2', async () => {
  const reads = () => figure(server, 'authority_lookups_total', { source: 'database' });
  const [readsBefore, argon2Before] = [await reads(), await proofsByArgon2(server)];
  for (const key of ['', 'bp_', 'x'.repeat(200), 'bp_AAAAAAAAAAAAAAAAAAAAA!']) await ask(server, { key });
  expect(await reads()).toBe(readsBefore);
  await ask(server, { key: 'bp_BBBBBBBBBBBBBBBBBBBBBB' });
  expect(await reads()).toBe(readsBefore + 1);
  expect(await proofsByArgon2(server)).toBe(argon2Before);
});

// proves A29
test('a hundred concurrent questions about one cold key cost one argon2', async () => {
  const { key } = await newKey(server);
  const before = await proofsByArgon2(server);
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask(server, { key })));
  expect(new Set(answers.map(({ body }) => body.valid))).toEqual(new Set([true]));
  expect(await proofsByArgon2(server)).toBe(before + 1);
});

test('a prefix on which twenty have failed within a minute is refused with 429, and never a verdict', async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const { key } = await newKey(server);
  const cold = await newKey(server);
  server.clock.stop();
  expect((await ask(server, { key })).body.valid).toBe(true);
  const wrong = (n: number) => `${key.slice(0, 11)}${String(n).padStart(14, 'A')}`;
  const before = await proofsByArgon2(server);
  const answers = await Promise.all(Array.from({ length: 25 }, (_, n) => ask(server, { key: wrong(n) })));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(5);
  for (const { headers, body } of refused) {
    expect(body.code).toBe('too_many_attempts');
    expect(body).not.toHaveProperty('valid');
    expect(headers.get('retry-after')).toBe('1');
  }
  expect(await proofsByArgon2(server)).toBe(before + 20);
  expect((await bothWays({ key: wrong(1) }, { server })).status).toBe(429);
  // A key that was proved before, or has another prefix, goes on.
  expect((await ask(server, { key })).body.valid).toBe(true);
  expect((await ask(server, { key: cold.key })).body.valid).toBe(true);
  server.clock.advance(60_000);
  expect((await ask(server, { key: wrong(1) })).body).toEqual(refusal('not_found'));
});

test('last-used times that wait are written when the server closes', async () => {
  const own = await startTestServer();
  const key = await newKey(own);
  await ask(own, { key: key.key });
  await own.app.close();
  const row = await own.app.deps.db
    .selectFrom('api_keys')
    .select('last_used_at')
    .where('id', '=', key.id)
    .executeTakeFirstOrThrow();
  expect(row.last_used_at).not.toBeNull();
  await own.close();
});

test('the figures are for who holds the internal token, and name no tenant, key or prefix', async () => {
  const key = await newKey(server);
  await ask(server, { key: key.key });
  const get = (token: string | null) => server.call('GET /metrics', { token });
  expect((await get(null)).status).toBe(401);
  expect((await get(server.operatorToken)).status).toBe(403);
  const { status, headers, body } = await get(server.internalToken);
  expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  for (const line of [
    /^tenant_registry_verifications_total\{outcome="valid"\} [1-9]/m,
    /^tenant_registry_verify_seconds_bucket\{le="0\.001"\} \d/m,
    /^tenant_registry_authority_lookups_total\{source="database"\} [1-9]/m,
    /^tenant_registry_argon2_seconds_count\{operation="verify"\} [1-9]/m,
    /^tenant_registry_gate_waiting\{gate="argon2"\} 0$/m,
    /^tenant_registry_lease_held [01]$/m,
    /^tenant_registry_database_connections \d/m,
    /^tenant_registry_http_requests_total\{route="\/v1\/internal\/api-keys\/verify",method="POST",status="2xx"\} [1-9]/m,
  ])
    expect(body).toMatch(line);
  for (const secret of [key.id, key.tenant_id, key.prefix, key.key, server.internalToken])
    expect(body).not.toContain(secret);
});

test('unknown paths are counted as one series', async () => {
  const count = () => figure(server, 'http_requests_total', { route: 'unknown', method: 'GET', status: '4xx' });
  const before = await count();
  await server.call('GET /no/such/path');
  await server.call('GET /another');
  expect(await count()).toBe(before + 2);
});

test('a verdict that accepts without a tenant, or refuses with one, is none', () => {
  const accepted: Verdict = {
    valid: true,
    code: 'valid',
    key_id: '0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0',
    tenant_id: '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10',
    tenant_slug: 'acme',
    tenant_status: 'active',
    project_id: null,
    scopes: ['reports:read'],
    expires_at: null,
  };
  expect(verdict.parse(accepted)).toEqual(accepted);
  expect(verdict.parse(refusal('revoked'))).toEqual(refusal('revoked'));
  const mixed = [
    { ...accepted, code: 'revoked' },
    { ...accepted, tenant_id: null },
    { ...accepted, valid: false },
    { ...refusal('revoked'), valid: true },
    { ...refusal('revoked'), code: 'valid' },
    { ...refusal('revoked'), scopes: ['reports:read'] },
    { ...refusal('revoked'), tenant_id: accepted.tenant_id },
  ];
  for (const each of mixed) expect(verdict.safeParse(each).success, JSON.stringify(each)).toBe(false);
});
