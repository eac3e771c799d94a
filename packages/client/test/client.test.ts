import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest';
import { newTenant, startTestServer, type TestServer, uniqueSlug } from '../../server/test/support/server.ts';
import { type Client, createClient, isRegistryError, type Tenant } from '../src/index.ts';
import { rejectionOf, waitlessClient } from './scripted-server.ts';
import { refusal } from './verifier-harness.ts';

const UNKNOWN = '01890000-0000-7000-8000-000000000000';

let server: TestServer;
let client: Client;
beforeAll(async () => {
  server = await startTestServer();
  client = createClient({ url: server.url, token: server.operatorToken });
});
afterAll(() => server.close());

test('a tenant is created, read, changed, activated, frozen, archived and deleted', async () => {
  const slug = uniqueSlug();
  const created = await client.tenants.create({ slug, name: 'Beta GmbH', plan: 'basic' });
  expectTypeOf(created).toEqualTypeOf<Tenant>();
  expect(created).toMatchObject({ slug, name: 'Beta GmbH', status: 'trial', plan: 'basic' });
  const { id } = created;
  expect(await client.tenants.get({ id })).toEqual(created);
  expect(await client.tenants.getBySlug({ slug })).toEqual(created);
  expect(await client.tenants.update({ id, name: 'Beta AG' })).toMatchObject({ id, name: 'Beta AG' });
  expect(await client.tenants.activate({ id })).toMatchObject({ id, status: 'active' });
  expect(await client.tenants.cancel({ id, reason: 'moved away' })).toMatchObject({ id, status: 'frozen' });
  expect(await client.tenants.archive({ id })).toMatchObject({ id, status: 'archived' });
  expect(await client.tenants.delete({ id })).toBeUndefined();
});

test('an API key is created, verified with the internal token, listed without its secret and revoked', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { key = '', ...apiKey } = await client.apiKeys.create({ tenant_id, name: 'CI', scopes: ['reports:read'] });
  const gateway = createClient({ url: server.url, token: server.internalToken });
  const verdict = await gateway.apiKeys.verify({ key, scopes: ['reports:read'] });
  expect(verdict).toMatchObject({ valid: true, key_id: apiKey.id, tenant_id });
  const { items } = await client.apiKeys.list({ tenant_id });
  expect(items.map(({ id, name }) => ({ id, name }))).toEqual([{ id: apiKey.id, name: 'CI' }]);
  expect(JSON.stringify(items)).not.toContain(key);
  expect(await client.apiKeys.revoke({ id: apiKey.id })).toBeUndefined();
  expect(await gateway.apiKeys.verify({ key })).toEqual(refusal('revoked'));
});

/** Creates tenants that the filter `q` selects alone, and returns their ids in the order of the list: the newest first. */
async function newTenants(count: number) {
  const q = uniqueSlug();
  const tenants: Tenant[] = [];
  while (tenants.length < count) tenants.unshift(await newTenant(server, { name: q }));
  return { q, ids: tenants.map(({ id }) => id) };
}

test('a list is awaited as its first page and iterated over all pages', async () => {
  const { q, ids } = await newTenants(5);
  const page = await client.tenants.list({ q, limit: 2 });
  expect(page.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  expect(page.next_cursor).toEqual(expect.any(String));
  const list = client.tenants.list({ q, limit: 2 });
  // The second round shows that a loop does not use up the list.
  for (let round = 0; round < 2; round += 1) {
    const seen: string[] = [];
    for await (const { id } of list) seen.push(id);
    expect(seen).toEqual(ids);
  }
});

test('a loop requests each page once, and none after its end', async () => {
  const { q } = await newTenants(3);
  const requests: string[] = [];
  const counting = createClient({
    url: server.url,
    token: server.operatorToken,
    fetch: (url, init) => {
      requests.push(url);
      return fetch(url, init);
    },
  });
  for await (const _ of counting.tenants.list({ q, limit: 1 })) if (requests.length === 2) break;
  expect(requests).toHaveLength(2);
});

test('a failure of a later page rejects in the loop', async () => {
  const { q, ids } = await newTenants(2);
  const controller = new AbortController();
  const seen: string[] = [];
  const loop = async () => {
    for await (const { id } of client.tenants.list({ q, limit: 1 }, { signal: controller.signal })) {
      seen.push(id);
      controller.abort();
    }
  };
  expect(await rejectionOf(loop())).toMatchObject({ code: 'aborted' });
  expect(seen).toEqual(ids.slice(0, 1));
});

// proves A68, A70
test('an error has the code, the status, the problem, and the request id of the log', async () => {
  const { id, slug } = await newTenant(server);
  const taken = await rejectionOf(client.tenants.create({ slug, name: 'Twin' }));
  if (!isRegistryError(taken, 'slug_taken')) throw taken;
  expectTypeOf(taken.code).toEqualTypeOf<'slug_taken'>();
  expect(taken).toMatchObject({ status: 409, problem: { status: 409, errors: [{ pointer: '/slug' }] } });
  expect(taken.requestId).toBe(taken.problem?.instance);
  expect(server.logs.some((line) => line.includes(taken.requestId ?? 'none'))).toBe(true);
  expect(taken.message).toBe(
    `tenants.create: That slug already belongs to a tenant. (slug_taken, request ${taken.requestId})`,
  );
  const illegal = await rejectionOf(client.tenants.archive({ id }));
  expect(illegal).toMatchObject({ code: 'illegal_transition', problem: { allowed: ['activate', 'cancel'] } });
  expect(isRegistryError(illegal, 'slug_taken')).toBe(false);
  expect(isRegistryError(new Error('other'))).toBe(false);
});

test('the stack of an error leads to the line that made the call', async () => {
  async function theCaller() {
    await client.tenants.get({ id: UNKNOWN });
  }
  expect(await rejectionOf(theCaller())).toMatchObject({ stack: expect.stringContaining('theCaller') });
});

test('input of a wrong shape is refused with each field at fault, in the problem and in the message', async () => {
  const error = await rejectionOf(client.tenants.create({ slug: 'No Slug', name: '' }));
  expect(error).toMatchObject({
    code: 'invalid_input',
    status: 400,
    message: expect.stringMatching(/\/slug .*\/name /),
  });
  expect(isRegistryError(error) && error.problem?.errors?.map(({ pointer }) => pointer)).toEqual(['/slug', '/name']);
});

test('a body that is too large, which the server refuses before tRPC, rejects with a RegistryError too', async () => {
  const error = await rejectionOf(client.tenants.create({ slug: uniqueSlug(), name: 'x'.repeat(70_000) }));
  expect(error).toMatchObject({ name: 'RegistryError', code: 'body_too_large', status: 413 });
  expect(isRegistryError(error) && error.requestId).toEqual(expect.any(String));
});

test('a wrong token is unauthenticated, and a token without the permission is forbidden', async () => {
  const stranger = createClient({ url: server.url, token: 'not_the_token' });
  expect(await rejectionOf(stranger.tenants.list())).toMatchObject({ code: 'unauthenticated', status: 401 });
  const gateway = createClient({ url: server.url, token: async () => server.internalToken });
  const error = await rejectionOf(gateway.tenants.list());
  expect(error).toMatchObject({ code: 'forbidden', status: 403, problem: { permission: 'tenants:read' } });
});

test('a url with a wrong path rejects with route_not_found', async () => {
  const lost = createClient({ url: `${server.url}/somewhere`, token: server.operatorToken });
  expect(await rejectionOf(lost.tenants.list())).toMatchObject({ code: 'route_not_found', status: 404 });
});

test('ifMatch lets a change pass at the version that was read, and refuses it at a newer one', async () => {
  const { id } = await newTenant(server);
  const read = await client.tenants.get({ id }).withMeta();
  expect(read).toMatchObject({ data: { id }, requestId: expect.any(String), replayed: false });
  const changed = await client.tenants.update({ id, name: 'First' }, { ifMatch: read.etag }).withMeta();
  const error = await rejectionOf(client.tenants.update({ id, name: 'Second' }, { ifMatch: read.etag }));
  expect(error).toMatchObject({ code: 'precondition_failed', status: 412 });
  expect(await client.tenants.update({ id, name: 'Third' }, { ifMatch: changed.etag })).toMatchObject({ id });
});

test('two calls with one idempotency key make one change, and the second result is marked as replayed', async () => {
  const input = { slug: uniqueSlug(), name: 'Once' };
  const options = { idempotencyKey: uniqueSlug() };
  const first = await client.tenants.create(input, options).withMeta();
  const second = await client.tenants.create(input, options).withMeta();
  expect([first.replayed, second.replayed]).toEqual([false, true]);
  expect(second.data).toEqual(first.data);
  const other = await rejectionOf(client.tenants.create({ ...input, name: 'Twice' }, options));
  expect(other).toMatchObject({ code: 'idempotency_key_reused', status: 422 });
});

test('a call succeeds after two answers that the registry is overloaded', async () => {
  const { id } = await newTenant(server);
  let refusals = 0;
  const { client: patient, pauses } = waitlessClient({
    url: server.url,
    token: server.operatorToken,
    fetch: async (url, init) => {
      refusals += 1;
      return refusals > 2 ? fetch(url, init) : new Response('busy', { status: 503, headers: { 'retry-after': '1' } });
    },
  });
  expect(await patient.tenants.get({ id })).toMatchObject({ id });
  expect(pauses).toEqual([1_200, 1_400]);
});
