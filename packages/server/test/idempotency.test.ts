import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal } from './support/api-keys.ts';
import { startIssuer, type TestIssuer } from './support/oidc-provider.ts';
import {
  DAY_MS,
  newTenant,
  oidcFor,
  startTestServer,
  type TestServer,
  tenantIn,
  uniqueSlug,
} from './support/server.ts';

let issuer: TestIssuer;
let server: TestServer;
beforeAll(async () => {
  issuer = await startIssuer();
  server = await startTestServer({ oidc: oidcFor(issuer) });
});
afterAll(async () => {
  await server.close();
  await issuer.stop();
});

const create = (key: string, body: unknown, token?: string) =>
  server.call('POST /v1/tenants', {
    body,
    headers: { 'idempotency-key': key },
    ...(token === undefined ? {} : { token }),
  });

const bodyOf = () => ({ slug: uniqueSlug(), name: 'Once' });

test('a repeated request is done once and gets the stored answer, marked as replayed', async () => {
  const [key, body] = [randomUUID(), bodyOf()];
  const first = await create(key, body);
  expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([201, null]);
  const { name, slug } = body;
  const again = await create(key, { name, slug });
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
  expect(again.body).toEqual(first.body);
  expect(again.headers.get('location')).toBe(first.headers.get('location'));
  expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
});

// Before the tests that move the clock, past every token.
test('a person in another tenant or role gets no answer from before: neither of the former tenant nor of the platform', async () => {
  const [tenant, next] = [await newTenant(server), await newTenant(server)];
  const [key, body] = [randomUUID(), { tenant_id: tenant.id, name: 'ci' }];
  const make = async (claims: object) =>
    server.call('POST /v1/api-keys', {
      token: await issuer.token({ ...claims, sub: 'jane' }),
      body,
      headers: { 'idempotency-key': key },
    });
  expect((await make({ realm_access: { roles: ['BREAKPILOT_ADMIN'] } })).status).toBe(201);
  expect(
    (await make({ tenant_id: tenant.id, org_roles: ['IT_ADMIN'] })).headers.get('idempotency-replayed'),
  ).toBeNull();
  const left = await make({ tenant_id: next.id, org_roles: ['IT_ADMIN'] });
  expect([left.status, left.body.code]).toEqual([404, 'not_found']);
});

test('a key sent again with another body, or for another operation, is refused and does nothing', async () => {
  const key = randomUUID();
  const { body: tenant } = await create(key, bodyOf());
  const other = await create(key, bodyOf());
  expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  const cancel = await server.call(`POST /v1/tenants/${tenant.id}/cancel`, { headers: { 'idempotency-key': key } });
  expect([cancel.status, cancel.body.code]).toEqual([422, 'idempotency_key_reused']);
});

test('of requests with one key at once, one does the work and the others are told or replayed', async () => {
  const [key, body] = [randomUUID(), bodyOf()];
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => create(key, body)));
  const done = answers.filter(({ status, headers }) => status === 201 && headers.get('idempotency-replayed') === null);
  expect(done).toHaveLength(1);
  for (const answer of answers.filter((each) => each !== done[0])) {
    expect(answer.status === 201 || answer.body.code === 'idempotency_key_in_flight').toBe(true);
  }
});

test('a failed request wrote nothing, so its key may be used again', async () => {
  const [key, body] = [randomUUID(), bodyOf()];
  await newTenant(server, { slug: body.slug });
  expect((await create(key, body)).body.code).toBe('slug_taken');
  expect((await create(key, { ...body, slug: 'Not a slug' })).status).toBe(400);
  expect((await create(key, bodyOf())).status).toBe(201);
});

test('a secret is never stored: the replay of a new key comes without it, and verifies as before', async () => {
  const tenant = await tenantIn(server, 'active');
  const [key, body] = [randomUUID(), { tenant_id: tenant.id, name: 'k' }];
  const send = () => server.call('POST /v1/api-keys', { body, headers: { 'idempotency-key': key } });
  const [first, again] = [await send(), await send()];
  const { key: secret, ...shown } = first.body;
  expect([again.status, again.body]).toEqual([201, shown]);
  const rows = await server.app.deps.db.selectFrom('idempotency_keys').selectAll().where('key', '=', key).execute();
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain(secret);
  expect((await server.call(`GET /v1/api-keys?tenant_id=${tenant.id}`)).body.items).toHaveLength(1);
});

test('a verdict is never replayed: after a revocation the repeated request is refused', async () => {
  const tenant = await tenantIn(server, 'active');
  const { body: key } = await server.call('POST /v1/api-keys', { body: { tenant_id: tenant.id, name: 'k' } });
  const headers = { 'idempotency-key': randomUUID() };
  const verify = () =>
    server.call('POST /v1/internal/api-keys/verify', { body: { key: key.key }, token: server.internalToken, headers });
  expect((await verify()).body).toMatchObject({ valid: true });
  await server.call(`DELETE /v1/api-keys/${key.id}`);
  expect((await verify()).body).toEqual(refusal('revoked'));
});

test('after a day the key is forgotten, and the worker deletes its row', async () => {
  const [key, body] = [randomUUID(), bodyOf()];
  await create(key, body);
  server.clock.advance(DAY_MS + 1_000);
  expect((await create(key, body)).body.code).toBe('slug_taken');
  await create(randomUUID(), bodyOf());
  server.clock.advance(DAY_MS + 1_000);
  const worker = server.app.workers.find(({ name }) => name === 'idempotency-expiry');
  const signal = new AbortController().signal;
  const done = await Promise.all([worker?.runOnce(server.app.deps, signal), worker?.runOnce(server.app.deps, signal)]);
  expect(Math.max(...done.map(Number))).toBeGreaterThan(0);
  expect(await server.app.deps.db.selectFrom('idempotency_keys').select('key').execute()).toEqual([]);
});

test('a request that was carried out but whose answer was lost is not done again', async () => {
  const [key, body] = [randomUUID(), bodyOf()];
  await create(key, body);
  // A crash between commit and answer leaves this row.
  await server.app.deps.db.updateTable('idempotency_keys').set({ body: null }).where('key', '=', key).execute();
  // Until its lease is over, the process may still be about to store it.
  expect((await create(key, body)).body.code).toBe('idempotency_key_in_flight');
  server.clock.advance(61_000);
  const again = await create(key, body);
  expect([again.status, again.body.code]).toEqual([409, 'idempotency_outcome_lost']);
});

test('a request whose process died before it was carried out is done by the next try, after its lease', async () => {
  const [key, body] = [randomUUID(), bodyOf()];
  await create(key, body);
  // A crash before the commit leaves a claim, and no tenant.
  const { db } = server.app.deps;
  await db.updateTable('idempotency_keys').set({ body: null, committed_at: null }).where('key', '=', key).execute();
  await db.deleteFrom('tenants').where('slug', '=', body.slug).execute();
  expect((await create(key, body)).body.code).toBe('idempotency_key_in_flight');
  server.clock.advance(61_000);
  expect((await create(key, body)).status).toBe(201);
});

test.each(['', ' ', 'x'.repeat(256), 'with space'])('the key %j is refused', async (key) => {
  const { status, body } = await create(key, bodyOf());
  expect([status, body.code]).toEqual([400, 'invalid_idempotency_key']);
});

test('a key belongs to its sender, and a caller that may not do the work learns nothing from it', async () => {
  const [key, body] = [randomUUID(), bodyOf()];
  await create(key, body);
  expect((await create(key, body, server.internalToken)).status).toBe(403);
});
