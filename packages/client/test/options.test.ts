// engine: none
import { expect, test } from 'vitest';
import { createClient } from '../src/index.ts';
import { problem, rejectionOf, result, scripted, TOKEN } from './scripted-server.ts';

const ID = '01890000-0000-7000-8000-000000000000';
const given = { url: 'http://localhost:8090', token: TOKEN };

test.each([
  ['a url without a scheme', { url: 'localhost:8090' }],
  ['a url of another scheme', { url: 'file:///etc/passwd' }],
  ['a url with a password', { url: 'http://user:pass@localhost' }],
  ['a url with a query', { url: 'http://localhost?x=1' }],
  ['a timeout of 0', { timeoutMs: 0 }],
  ['a timeout that is no number', { timeoutMs: Number.NaN }],
  ['half a retry', { retries: 0.5 }],
  ['a negative number of retries', { retries: -1 }],
  ['a header with a line break', { headers: { 'x-a': 'a\r\nx-b: b' } }],
])('%s is refused when the client is created', (_, options) => {
  expect(() => createClient({ ...given, ...options })).toThrow(TypeError);
});

test('an idempotency key with a line break is refused without a request', async () => {
  const { client, seen } = await scripted([result(null)]);
  expect(await rejectionOf(client.tenants.archive({ id: ID }, { idempotencyKey: 'a\nb' }))).toBeInstanceOf(TypeError);
  expect(seen).toHaveLength(0);
});

test('the url may have a path, with or without a slash at its end, and may be a URL', async () => {
  const { url, seen } = await scripted([result(null)]);
  for (const base of [url, `${url}/`, `${url}/registry`, new URL(`${url}/registry/`)]) {
    await createClient({ url: base, token: TOKEN }).tenants.get({ id: ID });
  }
  const path = `/v1/tenants/${ID}`;
  expect(seen.map(({ url }) => url)).toEqual([path, path, `/registry${path}`, `/registry${path}`]);
});

test('headers of the client are sent with every request, but do not replace the token', async () => {
  const { client, seen } = await scripted([result(null)], { headers: { 'X-Portal': 'eu', Authorization: 'Basic x' } });
  await client.tenants.get({ id: ID });
  expect(seen[0]?.headers).toMatchObject({ 'x-portal': 'eu', authorization: `Bearer ${TOKEN}` });
});

test('the input travels in path, query and body, as the route wants it', async () => {
  const { client, seen } = await scripted([result({ items: [], next_cursor: null })]);
  await client.tenants.list({ limit: 5, cursor: undefined });
  await client.apiKeys.list({ tenant_id: ID, include_revoked: true });
  await client.tenants.getBySlug({ slug: 'a/b?c' });
  await client.tenants.archive({ id: ID });
  await client.tenants.update({ id: ID, name: 'Acme' });
  await client.users.deactivate({ id: ID, dry_run: true });
  await client.apiKeys.revoke({ id: ID });
  expect(seen.map(({ method, url, body }) => [method, url, body])).toEqual([
    ['GET', '/v1/tenants?limit=5', ''],
    ['GET', `/v1/api-keys?tenant_id=${ID}&include_revoked=true`, ''],
    ['GET', '/v1/tenants/by-slug/a%2Fb%3Fc', ''],
    ['POST', `/v1/tenants/${ID}/archive`, ''],
    ['PATCH', `/v1/tenants/${ID}`, '{"name":"Acme"}'],
    ['POST', `/v1/users/${ID}/deactivate?dry_run=true`, ''],
    ['DELETE', `/v1/api-keys/${ID}`, ''],
  ]);
  expect(seen.map(({ headers }) => headers['content-type']).filter(Boolean)).toEqual(['application/json']);
});

test.each(['', '.', '..', '\ud800', undefined])(
  '%j is no part of a path: invalid_input, without a request',
  async (slug) => {
    const { client, seen } = await scripted([result(null)]);
    // What JavaScript may give: the types do not let a field out.
    const error = await rejectionOf(client.tenants.getBySlug({ slug: slug as string }));
    expect(error).toMatchObject({ code: 'invalid_input', status: 400, problem: { errors: [{ pointer: '/slug' }] } });
    expect(seen).toHaveLength(0);
  },
);

test('the client lists its operations and is not thenable', () => {
  const client = createClient(given);
  expect(Object.keys(client)).toContain('tenants');
  expect(Object.keys(client.tenants)).toContain('create');
  expect('then' in client).toBe(false);
});

test('the traceparent of a call is asked for once, when it is made, and is on each of its attempts', async () => {
  const { client, seen } = await scripted([problem(503, 'unavailable'), result(null)], { traceparent: () => span });
  let span = `00-${'a'.repeat(32)}-${'1'.repeat(16)}-01`;
  const first = span;
  const called = client.tenants.get({ id: ID });
  span = `00-${'b'.repeat(32)}-${'2'.repeat(16)}-01`;
  await called;
  await client.tenants.archive({ id: ID });
  expect(seen.map(({ headers }) => headers['traceparent'])).toEqual([first, first, span]);
});

test.each<[string, () => string | undefined]>([
  ['has no value', () => undefined],
  ['has another form', () => 'a\r\nx-b: b'],
  [
    'cannot be told',
    () => {
      throw new Error('no context');
    },
  ],
])('a traceparent that %s is not sent, and the call is made', async (_, traceparent) => {
  const { client, seen } = await scripted([result(null)], { traceparent });
  await client.tenants.get({ id: ID });
  expect(seen.map(({ headers }) => headers['traceparent'])).toEqual([undefined]);
});
