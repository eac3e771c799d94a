import http, { type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, generateSecret } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newTrustDomain } from '../../../test/support/programs.ts';
import { auditOf, newTenant, startTestServer, type TestServer, UNKNOWN } from '../../../test/support/server.ts';
import { type OutboundEntry, outboundEntry } from '../../kernel/outbound/policy.ts';
import { createOutbound } from '../../kernel/outbound.ts';

let server: TestServer;
/** Publishes whatever the test has set. */
let publisher: Server;
let published = '';
let url = '';
beforeAll(async () => {
  publisher = http.createServer((_, response) => void response.end(published));
  await new Promise<void>((resolve) => publisher.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(publisher.address() as AddressInfo).port}/bundle`;
  const outbound = createOutbound({ allow: [outboundEntry('127.0.0.1') as OutboundEntry] });
  server = await startTestServer({ outbound, quotaTrustBundles: 3 });
});
afterAll(async () => {
  publisher.close();
  await server.close();
});

const { bundle } = await newTrustDomain();
const [key = {}] = bundle.keys;

const set = (tenant_id: string, fields: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  server.call('PUT /v1/trust-bundles', {
    body: { tenant_id, trust_domain: 'acme.example', keys: bundle, ...fields },
    headers,
  });
const list = (tenant_id: string, query = '') => server.call(`GET /v1/trust-bundles?tenant_id=${tenant_id}${query}`);

test('a bundle is set, replaced by its trust domain, listed and removed, each with its audit row', async () => {
  const { id: tenant_id } = await newTenant(server);
  const first = await set(tenant_id);
  expect(first.status).toBe(200);
  expect(first.body).toMatchObject({ tenant_id, trust_domain: 'acme.example', key_ids: ['k1'], url: null });
  expect((await set(tenant_id)).body).toEqual(first.body);
  const other = (await newTrustDomain('acme.example', 'k2')).bundle;
  const both = { keys: [...bundle.keys, ...other.keys] };
  const second = await set(tenant_id, { keys: both, url: 'https://acme.example/bundle' });
  expect(second.body).toMatchObject({
    id: first.body.id,
    key_ids: ['k1', 'k2'],
    url: 'https://acme.example/bundle',
  });
  expect((await list(tenant_id)).body).toEqual({ items: [second.body], next_cursor: null });
  const remove = () => server.call(`DELETE /v1/trust-bundles?tenant_id=${tenant_id}&trust_domain=acme.example`);
  expect((await remove()).status).toBe(204);
  expect([(await remove()).status, (await list(tenant_id)).body.items]).toEqual([404, []]);
  expect((await auditOf(server, first.body.id)).map(({ action, target_name }) => [action, target_name])).toEqual([
    ['trust_bundle.set', 'acme.example'],
    ['trust_bundle.set', 'acme.example'],
    ['trust_bundle.removed', 'acme.example'],
  ]);
});

test('If-Match holds against the bundle that is there', async () => {
  const { id } = await newTenant(server);
  expect((await set(id, {}, { 'if-match': '*' })).status).toBe(412);
  const { headers } = await set(id);
  const current = { 'if-match': headers.get('etag') ?? '' };
  expect((await set(id, { url: 'https://acme.example/bundle' }, current)).status).toBe(200);
  expect((await set(id, {}, current)).body.code).toBe('precondition_failed');
});

test('of a bundle the JWT-SVID keys are kept, and nothing of them but what verifies', async () => {
  const { id: tenant_id } = await newTenant(server);
  const rsa = { ...(await exportJWK((await generateKeyPair('RS256')).publicKey)), kid: 'rsa', use: 'jwt-svid' };
  const x509 = { ...key, use: 'x509-svid', x5c: ['AA=='] };
  const keys = { spiffe_sequence: 1, keys: [{ ...key, x5c: ['AA=='], note: 'x' }, x509, rsa] };
  expect((await set(tenant_id, { keys })).body.key_ids).toEqual(['k1', 'rsa']);
  const row = await server.app.deps.db
    .selectFrom('spiffe_trust_bundles')
    .select('keys')
    .where('tenant_id', '=', tenant_id)
    .executeTakeFirstOrThrow();
  const { kty, crv, x, y } = key;
  expect(row.keys).toEqual({
    keys: [
      { kty, crv, x, y, kid: 'k1', use: 'sig' },
      { ...rsa, use: 'sig' },
    ],
  });
});

const secret = { ...(await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey)), kid: 'k' };
const oct = { ...(await exportJWK(await generateSecret('HS256', { extractable: true }))), kid: 'k' };
const ed = { ...(await exportJWK((await generateKeyPair('EdDSA')).publicKey)), kid: 'k', use: 'jwt-svid' };
const small = {
  ...(await exportJWK((await generateKeyPair('RS256')).publicKey)),
  n: 'AQAB',
  kid: 'k',
  use: 'jwt-svid',
};

test.each<[string, Record<string, unknown>]>([
  ['no keys', {}],
  ['keys that are no array', { keys: 'x' }],
  ['a key that is no object', { keys: ['x'] }],
  ['an empty list', { keys: [] }],
  ['keys for X.509 alone', { keys: [{ ...key, use: 'x509-svid' }] }],
  ['a key without use', { keys: [{ ...key, use: undefined }] }],
  ['a key without kid', { keys: [{ ...key, kid: undefined }] }],
  ['two keys of one kid', { keys: [key, key] }],
  ['a private key', { keys: [key, { ...secret, use: 'jwt-svid' }] }],
  ['a private key that is for X.509', { keys: [key, { ...secret, use: 'x509-svid' }] }],
  ['a symmetric key', { keys: [key, { ...oct, use: 'jwt-svid' }] }],
  ['a key of another signature', { keys: [ed] }],
  ['a key that is too small', { keys: [small] }],
  ['more than 50 keys', { keys: Array.from({ length: 51 }, (_, index) => ({ ...key, kid: `k${index}` })) }],
])('a bundle with %s is refused', async (_, keys) => {
  const { id } = await newTenant(server);
  const { status, body } = await set(id, { keys });
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'bundle_invalid', '/keys']);
  expect((await list(id)).body.items).toEqual([]);
});

test.each([
  ['/tenant_id', { tenant_id: 'x' }],
  ['/trust_domain', { trust_domain: 'Acme.example' }],
  ['/trust_domain', { trust_domain: 'spiffe://acme.example' }],
  ['/trust_domain', { trust_domain: 'a'.repeat(256) }],
  ['/keys', { keys: undefined }],
  ['/keys', { keys: { keys: [], note: 'x'.repeat(33_000) } }],
  ['/url', { url: 'acme' }],
  ['/url', { url: 'http://acme.example/bundle' }],
  ['/url', { keys: undefined, url: 'http://acme.example/bundle' }],
  ['/other', { other: 1 }],
])('a wrong %s is named: %j', async (pointer, wrong) => {
  const { id } = await newTenant(server);
  const { status, body } = await set(id, wrong);
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
});

test('without keys they are fetched from the URL, this once', async () => {
  const { id } = await newTenant(server);
  published = JSON.stringify(bundle);
  expect((await set(id, { keys: undefined, url })).body).toMatchObject({ key_ids: ['k1'], url });
  published = JSON.stringify((await newTrustDomain('acme.example', 'k2')).bundle);
  expect((await list(id)).body.items).toMatchObject([{ key_ids: ['k1'] }]);
  expect((await set(id, { keys: undefined, url })).body).toMatchObject({ key_ids: ['k2'] });
  for (const text of ['no JSON', '[]', '{}', JSON.stringify({ keys: [], note: 'x'.repeat(33_000) })]) {
    published = text;
    const { status, body } = await set(id, { keys: undefined, url });
    expect([status, body.code], text.slice(0, 20)).toEqual([400, 'bundle_invalid']);
  }
});

test('a URL that may not be fetched, or cannot be, is said so, and what was set stays', async () => {
  const { id } = await newTenant(server);
  await set(id);
  for (const wrong of [
    'https://10.0.0.1/bundle',
    'https://169.254.169.254/latest',
    `${url.replace(/\d+\/bundle$/, '1')}/x`,
  ]) {
    const { status, body } = await set(id, { keys: undefined, url: wrong });
    expect([status, body.code, body.errors[0].pointer], wrong).toEqual([400, 'bundle_invalid', '/url']);
  }
  expect((await list(id)).body.items).toMatchObject([{ key_ids: ['k1'], url: null }]);
});

test('a tenant has as many as its quota says, pages through them, and replaces one when it is full', async () => {
  const { id } = await newTenant(server);
  for (const name of ['a', 'b', 'c']) expect((await set(id, { trust_domain: `${name}.example` })).status).toBe(200);
  const full = await set(id, { trust_domain: 'd.example' });
  expect([full.status, full.body]).toMatchObject([409, { code: 'quota_exceeded', quota: 'trust_bundles' }]);
  expect((await set(id, { trust_domain: 'a.example', url: 'https://acme.example/b' })).status).toBe(200);
  const first = (await list(id, '&limit=2')).body;
  const rest = (await list(id, `&limit=2&cursor=${first.next_cursor}`)).body;
  expect([...first.items, ...rest.items].map(({ trust_domain }) => trust_domain)).toEqual([
    'c.example',
    'b.example',
    'a.example',
  ]);
});

test('a tenant that does not exist believes nobody', async () => {
  expect((await set(UNKNOWN)).status).toBe(404);
  expect((await list(UNKNOWN)).status).toBe(404);
});

test('when two set one domain at once, one bundle is there', async () => {
  const { id } = await newTenant(server);
  const answers = await Promise.all([1, 2, 3].map((n) => set(id, { url: `https://acme.example/${n}` })));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect((await list(id)).body.items).toHaveLength(1);
});
