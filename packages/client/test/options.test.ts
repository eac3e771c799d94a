// engine: none
import { expect, test } from 'vitest';
import { createClient } from '../src/index.ts';
import { rejectionOf, result, scripted, TOKEN } from './scripted-server.ts';

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
  const path = `/trpc/tenants.get?input=${encodeURIComponent(JSON.stringify({ id: ID }))}`;
  expect(seen.map(({ url }) => url)).toEqual([path, path, `/registry${path}`, `/registry${path}`]);
});

test('headers of the client are sent with every request, but do not replace the token', async () => {
  const { client, seen } = await scripted([result(null)], { headers: { 'X-Portal': 'eu', Authorization: 'Basic x' } });
  await client.tenants.get({ id: ID });
  expect(seen[0]?.headers).toMatchObject({ 'x-portal': 'eu', authorization: `Bearer ${TOKEN}` });
});

test('queries travel as GET, mutations as POST with a JSON body', async () => {
  const { client, seen } = await scripted([result({ items: [], next_cursor: null })]);
  await client.tenants.list();
  await client.tenants.archive({ id: ID });
  expect(seen.map(({ method }) => method)).toEqual(['GET', 'POST']);
  expect(seen[1]?.headers['content-type']).toBe('application/json');
  expect(JSON.parse(seen[1]?.body ?? '')).toEqual({ id: ID });
});

test('the client lists its operations and is not thenable', () => {
  const client = createClient(given);
  expect(Object.keys(client)).toContain('tenants');
  expect(Object.keys(client.tenants)).toContain('create');
  expect('then' in client).toBe(false);
});
