// engine: postgres
/** The question of gateways: every outcome, every form of the request, and nothing that the client could add to it. */
import { METHODS } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { testConfig } from '../src/testing.ts';
import { ask, figure, newKey, refusal } from './support/api-keys.ts';
import { askAsGateway, bearer, type GatewayCall, identity } from './support/gateway.ts';
import { DAY_MS, entitle, newProject, runWorker, startTestServer, tenantIn, testServer } from './support/server.ts';

const server = testServer();
const authorize = (call: GatewayCall = {}) => askAsGateway(server, call);

// proves A49
test.each([
  ['Authorization', (key: string) => ({ authorization: `Bearer ${key}` })],
  ['Authorization in other letters', (key: string) => ({ authorization: `bearer  ${key}` })],
  ['X-Api-Key', (key: string) => ({ 'x-api-key': key })],
  ['both', (key: string) => ({ authorization: `Bearer ${key}`, 'x-api-key': key })],
  ['both, one of them empty', (key: string) => ({ authorization: '', 'x-api-key': key })],
])('a key in %s is let through, and the product is told whose it is', async (_, headersWith) => {
  const tenant = await tenantIn(server, 'active');
  const key = await newKey(server, { tenant_id: tenant.id, scopes: ['a:read', 'a:write'] });
  const { status, headers, text } = await authorize({ headers: headersWith(key.key), path: '?scopes=a:read' });
  expect([status, text]).toEqual([200, '']);
  expect(headers).toMatchObject({
    'x-tenant-id': tenant.id,
    'x-tenant-slug': tenant.slug,
    'x-tenant-status': 'active',
    'x-project-id': '',
    'x-api-key-id': key.id,
    'x-api-key-scopes': 'a:read a:write',
    'cache-control': 'no-store',
  });
  expect(headers['x-request-id']).toMatch(/./);
});

test('a key of a project names the project; one without scopes has an empty header, which overwrites a forged one', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { id: project_id } = await newProject(server, tenant_id);
  const key = await newKey(server, { tenant_id, project_id });
  const { headers } = await authorize({
    headers: { ...bearer(key.key), 'x-api-key-scopes': 'all', 'x-tenant-id': 'x' },
  });
  expect(headers).toMatchObject({ 'x-project-id': project_id, 'x-tenant-id': tenant_id, 'x-api-key-scopes': '' });
});

// proves A49, A60
test('every verdict is that of verification, as a status with a problem that says so', async () => {
  const tenant = await tenantIn(server, 'active');
  const expires_at = new Date(server.clock.now().getTime() + 2 * DAY_MS).toISOString();
  const { key } = await newKey(server, { tenant_id: tenant.id, scopes: ['a:read'], expires_at });
  const revoked = await newKey(server, { tenant_id: tenant.id });
  await server.call(`DELETE /v1/api-keys/${revoked.id}`);
  await entitle(server, tenant.id);
  const told = async (path: string, question: object, presented = key) => {
    const { status, code, verdict, headers } = await authorize({ path, headers: bearer(presented) });
    const asked = await ask(server, { key: presented, ...question });
    expect(verdict ?? 'valid').toBe(asked.body.code);
    if (status !== 200) expect(Object.keys(headers).filter((name) => identity.includes(name))).toEqual([]);
    return [status, code ?? null, verdict ?? null, headers['www-authenticate'] ?? null];
  };
  const invalid = (words: string) => `Bearer error="invalid_token", error_description="${words}"`;
  const missing = 'Bearer error="insufficient_scope", scope="a:read a:write"';
  const valid = [200, null, null, null];
  const notAllowed = (verdict: string) => [403, 'api_key_not_allowed', verdict, null];
  expect(await told('', {})).toEqual(valid);
  expect(
    await told('?scopes=a:read&product=certifai&access=write', { scopes: ['a:read'], product: 'certifai' }),
  ).toEqual(valid);
  expect(await told('?scopes=a:read,a:write', { scopes: ['a:read', 'a:write'] })).toEqual([
    403,
    'api_key_not_allowed',
    'insufficient_scope',
    missing,
  ]);
  expect(await told('?product=no-such-product', { product: 'no-such-product' })).toEqual(notAllowed('not_entitled'));
  expect(await told('', {}, revoked.key)).toEqual([
    401,
    'api_key_refused',
    'revoked',
    invalid('The API key is revoked.'),
  ]);
  expect(await told('', {}, 'bp_AAAAAAAAAAAAAAAAAAAAAA')).toEqual([
    401,
    'api_key_refused',
    'not_found',
    invalid('There is no such API key.'),
  ]);
  await server.call(`POST /v1/tenants/${tenant.id}/cancel`);
  expect(await told('', {})).toEqual(notAllowed('tenant_frozen'));
  expect(await told('?access=read', { access: 'read' })).toEqual(valid);
  await server.call(`POST /v1/tenants/${tenant.id}/archive`);
  expect(await told('?access=read', { access: 'read' })).toEqual(notAllowed('tenant_archived'));
  server.clock.advance(2 * DAY_MS);
  expect(await told('', {})).toEqual([401, 'api_key_refused', 'expired', invalid('The API key has expired.')]);
});

test('a request without a key is 401, and says how to bring one', async () => {
  const none: readonly Readonly<Record<string, string>>[] = [
    {},
    { authorization: '' },
    { 'x-api-key': '' },
    { authorization: '', 'x-api-key': '' },
  ];
  for (const headers of none) {
    const { status, code, headers: answered } = await authorize({ headers });
    expect([status, code, answered['www-authenticate']]).toEqual([401, 'unauthenticated', 'Bearer']);
  }
});

test('a request with two credentials is 401, because the product might take the other one', async () => {
  const [one, another] = [(await newKey(server)).key, (await newKey(server)).key];
  const several: readonly Readonly<Record<string, string | readonly string[]>>[] = [
    { authorization: `Bearer ${one}`, 'x-api-key': another },
    { authorization: 'Basic dXNlcjpwYXNzd29yZA==', 'x-api-key': one },
    { authorization: [`Bearer ${one}`, `Bearer ${another}`] },
    { 'x-api-key': [one, another] },
  ];
  for (const headers of several) {
    const { status, code, headers: answered } = await authorize({ headers });
    expect([status, code], JSON.stringify(headers)).toEqual([401, 'unauthenticated']);
    expect(answered['www-authenticate']).toContain('several different credentials');
  }
});

test('a text that is no key is 401: quotes, odd bytes, another scheme, a very long text', async () => {
  const { key } = await newKey(server);
  const odd = [
    `"${key}"`,
    `'${key}'`,
    `${key}"`,
    `${key}\t`.concat('x'),
    `${key}, ${key}`,
    'caf\u00e9',
    '\u00ff\u00fe',
    '%00',
    `Basic ${key}`,
    'x'.repeat(8_000),
  ];
  for (const text of odd) {
    for (const headers of [bearer(text), { 'x-api-key': text }]) {
      const { status, verdict } = await authorize({ headers });
      expect([status, verdict], text).toEqual([401, 'not_found']);
    }
  }
  expect((await authorize({ headers: { authorization: `Basic ${key}` } })).status).toBe(401);
});

test('every method is answered like every other one, at the path and below it', async () => {
  const { key, tenant_id } = await newKey(server);
  for (const method of METHODS.filter((each) => each !== 'CONNECT')) {
    for (const path of ['', '/', `/reports/${'x'.repeat(3_000)}`, '//a/../b', '/v1/internal/authorize']) {
      const good = await authorize({ method, path, headers: bearer(key) });
      expect([good.status, good.headers['x-tenant-id'], good.text], `${method} ${path}`).toEqual([200, tenant_id, '']);
    }
    const none = await authorize({ method, path: '/reports' });
    expect([none.status, none.text === ''], method).toEqual([401, method === 'HEAD']);
  }
});

test('a preflight is asked about like every other request: no rule for browsers answers it', async () => {
  const preflight = { origin: 'https://app.example', 'access-control-request-method': 'POST' };
  const { status, headers } = await authorize({ method: 'OPTIONS', headers: preflight });
  expect(status).toBe(401);
  expect(headers).not.toHaveProperty('access-control-allow-origin');
});

test('no body is read: the answer comes before its end, and does not depend on it', async () => {
  const { key } = await newKey(server);
  for (const begun of ['{"broken', 'x'.repeat(70_000)]) {
    const good = await authorize({ method: 'POST', path: '/upload', headers: bearer(key), begun });
    expect(good.status).toBe(200);
    expect((await authorize({ method: 'PUT', headers: bearer('wrong'), begun })).status).toBe(401);
    expect((await authorize({ method: 'PUT', token: null, begun })).status).toBe(400);
  }
});

test('a gateway that is not known gets 400, which no client takes for its own 401 or 403, and no verdict', async () => {
  const own = await startTestServer();
  onTestFinished(() => own.close());
  const { key } = await newKey(own);
  for (const token of [null, '', 'wrong', `${own.internalToken}x`, own.operatorToken, `Bearer ${own.internalToken}`]) {
    for (const headers of [bearer(key), {}]) {
      const { status, code, headers: answered } = await askAsGateway(own, { token, headers });
      expect([status, code], String(token)).toEqual([400, 'gateway_unknown']);
      expect(Object.keys(answered).filter((name) => identity.includes(name))).toEqual([]);
    }
  }
  // The client's header is the client's: with it the internal token opens nothing here.
  expect((await askAsGateway(own, { token: null, headers: bearer(own.internalToken) })).code).toBe('gateway_unknown');
  expect((await askAsGateway(own, { headers: bearer(own.internalToken) })).verdict).toBe('not_found');
  expect(await figure(own, 'verifications_total', { outcome: 'valid' })).toBe(0);
  await runWorker(own, 'access-audit');
  const failures = await own.app.deps.db
    .selectFrom('audit_log')
    .select(['metadata'])
    .where('action', '=', 'access.sign_in_failed')
    .execute();
  expect(failures).not.toEqual([]);
});

test('callers that are no gateway are answered so many times a minute; a gateway is not rationed', async () => {
  const limits = { ...testConfig.limits, addressPerMinute: 2, principalPerMinute: 5 };
  const own = await startTestServer({ limits });
  onTestFinished(() => own.close());
  const { key } = await newKey(own);
  const statuses = [];
  for (let n = 0; n < 4; n += 1) statuses.push((await askAsGateway(own, { token: 'wrong' })).status);
  expect(statuses).toEqual([400, 400, 429, 429]);
  for (let n = 0; n < 8; n += 1) expect((await askAsGateway(own, { headers: bearer(key) })).status).toBe(200);
});

test.each([
  ['an unknown parameter', '?scope=a:read'],
  ['a scope that no key can have', '?scopes=With%20Space'],
  ['an unknown access', '?access=admin'],
  ['two products', '?product=a&product=b'],
  ['an empty product', '?product='],
  ['a NUL in the product', '?product=a%00b'],
  ['a key', '?key=bp_AAAAAAAAAAAAAAAAAAAAAA'],
])('a question with %s is the mistake of the gateway: 400, never a verdict', async (_, path) => {
  const { key: token } = await newKey(server);
  // By the call that holds answers against the document.
  const headers = { 'x-registry-token': server.internalToken };
  const { status, body } = await server.call(`GET /v1/internal/authorize${path}`, { token, headers });
  expect([status, body.code, body.errors[0].in]).toEqual([400, 'invalid_input', 'query']);
  expect(body.detail).toContain(body.errors[0].pointer);
});

test('below the path the question is in the header, and the query of the client changes nothing', async () => {
  const { key } = await newKey(server, { scopes: ['a:read'] });
  const asked = (question: string, path: string) =>
    authorize({ path, headers: { ...bearer(key), ...(question === '' ? {} : { 'x-registry-question': question }) } });
  expect((await asked('scopes=a:read', '/reports?scopes=a:write&access=read&nonsense')).status).toBe(200);
  expect((await asked('scopes=a:write', '/reports?scopes=a:read')).verdict).toBe('insufficient_scope');
  expect((await asked('scopes=a:write', '/?scopes=')).verdict).toBe('insufficient_scope');
  expect((await asked('', '/reports?scopes=a:write&product=none')).status).toBe(200);
  const { code, text } = await asked('nonsense=1', '/reports');
  expect([code, JSON.parse(text).errors]).toEqual([
    'invalid_input',
    [{ pointer: '/nonsense', message: 'is not a known field', in: 'header' }],
  ]);
});

test('at the path itself a header of the client changes nothing of the question', async () => {
  const { key } = await newKey(server, { scopes: ['a:read'] });
  const headers = { ...bearer(key), 'x-registry-question': 'scopes=a:read' };
  expect((await authorize({ path: '?scopes=a:write', headers })).verdict).toBe('insufficient_scope');
  // However the path is written.
  const url = `${server.url}/v1/internal/%61uthorize?scopes=a:write`;
  const answer = await fetch(url, { headers: { ...headers, 'x-registry-token': server.internalToken } });
  expect(answer.status).toBe(403);
});

test('wrong keys count as they do for verification: above the limit 429 with Retry-After, and never a verdict', async () => {
  const own = await startTestServer();
  onTestFinished(() => own.close());
  const { prefix } = await newKey(own);
  own.clock.stop();
  const answers = [];
  for (let n = 0; n < 21; n += 1) {
    const wrong = `${prefix}${String(n).padStart(14, 'A')}`;
    answers.push(await askAsGateway(own, { headers: bearer(wrong) }));
  }
  expect(answers.slice(0, 20).map(({ verdict }) => verdict)).toEqual(Array(20).fill('not_found'));
  expect(answers[20]).toMatchObject({ status: 429, code: 'too_many_attempts', headers: { 'retry-after': '1' } });
  const asked = await ask(own, { key: `${prefix}${'B'.repeat(14)}` });
  expect([asked.status, asked.body.code]).toEqual([429, 'too_many_attempts']);
});

test('it counts as a verification, and the key as used', async () => {
  const own = await startTestServer();
  onTestFinished(() => own.close());
  const key = await newKey(own);
  await askAsGateway(own, { headers: bearer(key.key) });
  await askAsGateway(own, { headers: bearer('wrong') });
  expect(await figure(own, 'verifications_total', { outcome: 'valid' })).toBe(1);
  expect(await figure(own, 'verifications_total', { outcome: 'not_found' })).toBe(1);
  const route = { route: '/v1/internal/authorize', method: 'GET' };
  expect(await figure(own, 'http_requests_total', { ...route, status: '2xx' })).toBe(1);
  expect(await figure(own, 'http_requests_total', { ...route, status: '4xx' })).toBe(1);
  await runWorker(own, 'api-keys-last-used');
  const { body } = await own.call(`GET /v1/api-keys?tenant_id=${key.tenant_id}`);
  expect(body.items[0].last_used_at).toEqual(expect.any(String));
});

test('a revocation holds for gateways from its answer on', async () => {
  const key = await newKey(server);
  expect((await authorize({ headers: bearer(key.key) })).status).toBe(200);
  await server.call(`DELETE /v1/api-keys/${key.id}`);
  expect((await authorize({ headers: bearer(key.key) })).verdict).toBe('revoked');
  expect((await ask(server, { key: key.key })).body).toEqual(refusal('revoked'));
});
