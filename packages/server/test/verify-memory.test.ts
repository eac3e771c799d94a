/** Answers from memory, while the replica holds its lease. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ask, figure, newKey, refusal } from './support/api-keys.ts';
import { type HeldLeases, heldLeases } from './support/held-leases.ts';
import { DAY_MS, entitle, startTestServer, type TestServer, tenantIn } from './support/server.ts';

let server: TestServer;
let leases: HeldLeases;
beforeAll(async () => {
  leases = heldLeases();
  server = await startTestServer({ leases });
});
beforeEach(() => leases.hold(true));
afterAll(() => server.close());

const reads = () => figure(server, 'authority_lookups_total', { source: 'database' });
const verdictOn = async (question: Record<string, unknown>) => (await ask(server, question)).body;

test('a key that was verified is verified again without a read', async () => {
  const { key } = await newKey(server, { scopes: ['a:read'] });
  const first = await verdictOn({ key });
  const before = await reads();
  expect(await verdictOn({ key })).toEqual(first);
  expect(await verdictOn({ key, scopes: ['a:write'] })).toEqual(refusal('insufficient_scope'));
  expect(await reads()).toBe(before);
});

test('without the lease every verification reads', async () => {
  const { key } = await newKey(server);
  await verdictOn({ key });
  leases.hold(false);
  const before = await reads();
  await verdictOn({ key });
  await verdictOn({ key });
  expect(await reads()).toBe(before + 2);
});

// proves A48
test('every change of what a key may do holds from its answer on', async () => {
  const tenant = await tenantIn(server, 'active');
  const [key, other] = [await newKey(server, { tenant_id: tenant.id }), await newKey(server, { tenant_id: tenant.id })];
  const code = async (question: Record<string, unknown> = {}) => {
    const body = await verdictOn({ key: key.key, ...question });
    return body.code;
  };
  const product = { product: 'certifai' };
  expect([await code(), await code(product)]).toEqual(['valid', 'not_entitled']);
  await entitle(server, tenant.id);
  expect(await code(product)).toBe('valid');
  await server.call(`DELETE /v1/entitlements?tenant_id=${tenant.id}&product=certifai`);
  expect(await code(product)).toBe('not_entitled');
  expect((await verdictOn({ key: other.key })).valid).toBe(true);
  await server.call(`DELETE /v1/api-keys/${other.id}`);
  expect(await verdictOn({ key: other.key })).toEqual(refusal('revoked'));
  await server.call(`POST /v1/tenants/${tenant.id}/cancel`);
  expect(await code()).toBe('tenant_frozen');
  await server.call(`POST /v1/tenants/${tenant.id}/activate`);
  expect(await code()).toBe('valid');
  const { body } = await server.call(`POST /v1/api-keys/${key.id}/rotate`);
  expect(await code()).toBe('revoked');
  expect((await verdictOn({ key: body.key })).valid).toBe(true);
});

test('time passes over what is remembered: an entitlement begins and ends, and a key expires', async () => {
  const tenant = await tenantIn(server, 'active');
  const at = (ms: number) => new Date(server.clock.now().getTime() + ms).toISOString();
  const key = await newKey(server, { tenant_id: tenant.id, expires_at: at(3 * DAY_MS) });
  const run = { tenant_id: tenant.id, product: 'certifai', starts_at: at(DAY_MS), ends_at: at(2 * DAY_MS) };
  await server.app.deps.db.insertInto('tenant_products').values(run).execute();
  const question = { key: key.key, product: 'certifai' };
  expect(await verdictOn(question)).toEqual(refusal('not_entitled'));
  const before = await reads();
  server.clock.advance(DAY_MS);
  expect(await verdictOn(question)).toMatchObject({ valid: true });
  server.clock.advance(DAY_MS);
  expect(await verdictOn(question)).toEqual(refusal('not_entitled'));
  server.clock.advance(DAY_MS);
  expect(await verdictOn(question)).toEqual(refusal('expired'));
  expect(await reads()).toBe(before);
});

test('a change on another replica is seen as soon as it is told of', async () => {
  const key = await newKey(server);
  await verdictOn({ key: key.key });
  const revoked_at = server.clock.now();
  await server.app.deps.db.updateTable('api_keys').set({ revoked_at }).where('id', '=', key.id).execute();
  expect(await verdictOn({ key: key.key })).toMatchObject({ valid: true });
  leases.change([key.tenant_id]);
  expect(await verdictOn({ key: key.key })).toEqual(refusal('revoked'));
});
