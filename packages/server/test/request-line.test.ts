// engine: pglite
/** The line that the log has of each request: who, about which tenant, and how it ended. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { newKey } from './support/api-keys.ts';
import { askAsGateway, bearer } from './support/gateway.ts';
import { startIssuer, type TestIssuer } from './support/oidc-provider.ts';
import { newPerson, newSession } from './support/people.ts';
import {
  type Answer,
  type CallOptions,
  newProject,
  newTenant,
  oidcFor,
  startTestServer,
  type TestServer,
  uniqueSlug,
} from './support/server.ts';

let issuer: TestIssuer;
let server: TestServer;
let key: { readonly id: string; readonly key: string; readonly tenant_id: string };
beforeAll(async () => {
  issuer = await startIssuer({});
  server = await startTestServer({ oidc: oidcFor({ url: issuer.url, audience: 'tenant-registry' }) });
  key = await newKey(server, { scopes: ['registry:api_keys:read'] });
});
afterAll(async () => {
  await server.close();
  await issuer.stop();
});

type Line = Readonly<Record<string, unknown>>;

/** The lines of a request, the one about the request last. It is written when the answer has been sent. */
async function linesOf(requestId: string | null): Promise<Line[]> {
  const lines = () => server.logs.map((text) => JSON.parse(text)).filter(({ reqId }) => reqId === requestId);
  await expect.poll(() => lines().some(({ msg }) => msg === 'request')).toBe(true);
  return lines();
}

async function lineOf({ headers }: Pick<Answer, 'headers'>): Promise<Line> {
  const lines = await linesOf(headers.get('x-request-id'));
  expect(lines).toHaveLength(1);
  return lines[0] ?? {};
}

const logged = async (operation: string, options?: CallOptions) => lineOf(await server.call(operation, options));
const OPERATOR = { caller: 'operator', caller_id: 'operator_token' };

test('a line has these members and no others', async () => {
  const line = await logged(`GET /v1/tenants/${key.tenant_id}?`, { headers: { 'user-agent': 'one' } });
  expect(line).toEqual({
    level: 'info',
    time: expect.stringMatching(/^20\d\d-/),
    reqId: expect.any(String),
    method: 'GET',
    route: '/v1/tenants/:id',
    status: 200,
    ms: expect.any(Number),
    ip: '127.0.0.1',
    ...OPERATOR,
    tenant_id: key.tenant_id,
    msg: 'request',
  });
});

describe('the caller', () => {
  const LIST = 'GET /v1/tenants';

  test('of a static token is its kind', async () => {
    expect(await logged(LIST)).toMatchObject(OPERATOR);
    expect(await logged(LIST, { token: server.internalToken })).toMatchObject({
      status: 403,
      code: 'forbidden',
      caller: 'internal',
      caller_id: 'internal_token',
    });
  });

  test('that is a key has the id of the key, and its tenant, also where it is refused', async () => {
    const own = { caller: 'api_key', caller_id: key.id, tenant_id: key.tenant_id };
    expect(await logged(`GET /v1/tenants/${key.tenant_id}`, { token: key.key })).toMatchObject({ status: 403, ...own });
    const other = await newTenant(server);
    for (const operation of ['GET /v1/api-keys', `GET /v1/api-keys?tenant_id=${other.id}`])
      expect(await logged(operation, { token: key.key })).toMatchObject(own);
  });

  test('that is a user has the id of the user', async () => {
    const person = await newPerson(server, key.tenant_id);
    const line = await logged('GET /v1/users', (await newSession(server, person)).options);
    expect(line).toMatchObject({ caller: 'user', caller_id: person.id, tenant_id: key.tenant_id });
  });

  test('that only a provider knows has its subject there, unless that is an e-mail address', async () => {
    const realm_access = { roles: ['BREAKPILOT_ADMIN'] };
    const line = async (sub: string) => logged(LIST, { token: await issuer.token({ sub, realm_access }) });
    expect(await line('8a1f-7')).toMatchObject({ status: 200, caller: 'user', caller_id: '8a1f-7' });
    const withAddress = await line('jane@acme.example');
    expect(withAddress).toMatchObject({ status: 200, caller: 'user' });
    expect(withAddress).not.toHaveProperty('caller_id');
  });

  test.each([
    ['without a credential', null],
    ['with a wrong one', `bp_${'A'.repeat(22)}`],
  ])('%s is absent', async (_, token) => {
    const line = await logged('GET /v1/api-keys', { token });
    expect(line).toMatchObject({ status: 401, code: 'unauthenticated' });
    for (const member of ['caller', 'caller_id', 'tenant_id']) expect(line).not.toHaveProperty(member);
  });

  test('that is a gateway is the holder of the internal token, and the tenant that of the key', async () => {
    const { headers } = await askAsGateway(server, { path: '?product=x', headers: bearer(key.key) });
    const [line] = await linesOf(String(headers['x-request-id']));
    expect(line).toMatchObject({ caller: 'internal', caller_id: 'internal_token' });
    const refused = await askAsGateway(server, { token: 'wrong' });
    const [other] = await linesOf(String(refused.headers['x-request-id']));
    expect(other).toMatchObject({ status: refused.status, code: refused.code });
    expect(other).not.toHaveProperty('caller');
  });
});

describe('over REST and over tRPC', () => {
  /** Asks both ways; the lines without what differs between them by nature. */
  async function both(rest: string, trpc: string, options: CallOptions = {}) {
    const query = trpc.startsWith('GET') ? `?input=${encodeURIComponent(JSON.stringify(options.body ?? {}))}` : '';
    const { body: _, ...bare } = options;
    const lines = [
      await logged(rest, rest.startsWith('GET') ? bare : options),
      await logged(trpc + query, query === '' ? options : bare),
    ];
    return lines.map(({ status, code, caller, caller_id, tenant_id }) => ({
      status,
      code,
      caller,
      caller_id,
      tenant_id,
    }));
  }
  const twice = (line: object) => [line, line].map((each) => expect.objectContaining(each));

  test('a success names the tenant that the request is about', async () => {
    const { tenant_id } = key;
    const about = { status: 200, code: undefined, ...OPERATOR, tenant_id };
    expect(
      await both(`GET /v1/api-keys?tenant_id=${tenant_id}`, 'GET /trpc/apiKeys.list', { body: { tenant_id } }),
    ).toEqual(twice(about));
    // By what was found.
    const { id } = await newProject(server, tenant_id);
    expect(await both(`GET /v1/projects/${id}`, 'GET /trpc/projects.get', { body: { id } })).toEqual(twice(about));
    const question = { body: { key: key.key }, token: server.internalToken };
    expect(await both('POST /v1/internal/api-keys/verify', 'POST /trpc/apiKeys.verify', question)).toEqual(
      twice({ status: 200, caller: 'internal', tenant_id }),
    );
  });

  test('what was made names its tenant', async () => {
    const made = await server.call('POST /v1/tenants', { body: { slug: uniqueSlug(), name: 'x' } });
    expect(await lineOf(made)).toMatchObject({ status: 201, tenant_id: made.body.id });
    const { id: tenant_id } = made.body;
    expect(await logged(`POST /v1/tenants/${tenant_id}/activate`)).toMatchObject({ status: 200, tenant_id });
  });

  test('a refusal has its code', async () => {
    const refused = { status: 403, code: 'forbidden', caller: 'internal' };
    const token = server.internalToken;
    expect(await both('GET /v1/tenants', 'GET /trpc/tenants.list', { token })).toEqual(twice(refused));
    const slug = (await server.call(`GET /v1/tenants/${key.tenant_id}`)).body.slug;
    expect(await both('POST /v1/tenants', 'POST /trpc/tenants.create', { body: { slug, name: 'x' } })).toEqual(
      twice({ status: 409, code: 'slug_taken', ...OPERATOR }),
    );
  });

  test('bad input has its code, and no value of it is in the line', async () => {
    const body = { tenant_id: key.key, name: key.key };
    const bad = { status: 400, code: 'invalid_input', ...OPERATOR, tenant_id: undefined };
    expect(await both('POST /v1/api-keys', 'POST /trpc/apiKeys.create', { body })).toEqual(twice(bad));
    expect(await both('POST /v1/api-keys', 'POST /trpc/apiKeys.create', { body: '{' })).toEqual(
      twice({ status: 400, code: 'invalid_json', ...OPERATOR }),
    );
  });

  test('a failure of the registry has its code, and its cause in a line before', async () => {
    const { configStore } = server.app.deps;
    const { find } = configStore;
    onTestFinished(() => {
      configStore.find = find;
    });
    configStore.find = () => Promise.reject(new Error('it fails', { cause: new Error('the disk is full') }));
    const { id: project_id } = await newProject(server, key.tenant_id);
    const input = encodeURIComponent(JSON.stringify({ project_id, key: 'k' }));
    for (const operation of [`GET /v1/projects/${project_id}/configs/k`, `GET /trpc/configs.get?input=${input}`]) {
      const { status, headers } = await server.call(operation);
      expect(status, operation).toBe(500);
      const [failure, line] = await linesOf(headers.get('x-request-id'));
      expect(failure).toMatchObject({ level: 'error', msg: 'request failed', code: 'internal' });
      expect(JSON.stringify(failure)).toContain('the disk is full');
      expect(line).toMatchObject({
        msg: 'request',
        status: 500,
        code: 'internal',
        ...OPERATOR,
        tenant_id: key.tenant_id,
      });
    }
  });
});

test('a key in the wrong place is in no line', async () => {
  const before = server.logs.length;
  const wrong: readonly (readonly [string, CallOptions])[] = [
    [`GET /v1/tenants/${key.key}`, {}],
    [`GET /v1/${key.key}`, {}],
    [`GET /v1/api-keys?tenant_id=${key.key}`, {}],
    [`GET /v1/api-keys?key=${key.key}`, { token: null }],
    ['GET /v1/tenants', { token: null, headers: { 'x-api-key': key.key, cookie: `a=${key.key}` } }],
    ['GET /v1/tenants', { headers: { traceparent: key.key, 'x-forwarded-for': key.key, 'if-none-match': key.key } }],
    ['POST /v1/tenants', { headers: { 'idempotency-key': key.key }, body: { slug: key.key, name: key.key } }],
    [`POST /trpc/${key.key}`, { body: { key: key.key } }],
  ];
  for (const [operation, options] of wrong) await logged(operation, options);
  expect(server.logs.slice(before).filter((line) => line.includes(key.key))).toEqual([]);
});

test('a path that leads nowhere has a line with its code and without its text', async () => {
  const line = await logged('GET /v1/nowhere');
  expect(line).toMatchObject({ route: 'unknown', status: 404, code: 'route_not_found' });
  expect(line).not.toHaveProperty('caller');
  expect(JSON.stringify(line)).not.toContain('nowhere');
});
