import { expect, inject, test } from 'vitest';
import {
  auditOf,
  DAY_MS,
  entitle,
  runWorker,
  tenantIn,
  testServer,
  trailOf,
  UNKNOWN,
} from '../../../test/support/server.ts';

const server = testServer();

const KIB = 1024;

const set = (tenant_id: string, fields: Record<string, unknown> = {}, headers = {}) =>
  server.call('PUT /v1/entitlements', { body: { tenant_id, product: 'certifai', ...fields }, headers });

const listOf = async (tenantId: string) => {
  const { status, body } = await server.call(`GET /v1/entitlements?tenant_id=${tenantId}`);
  expect(status).toBe(200);
  return body.items;
};

const check = async (tenant_id: string, at?: string) => {
  const when = at === undefined ? '' : `&at=${encodeURIComponent(at)}`;
  const { status, body } = await server.call(
    `GET /v1/entitlements/check?tenant_id=${tenant_id}&product=certifai${when}`,
  );
  expect(status).toBe(200);
  return body;
};

const inDays = (days: number) => new Date(server.clock.now().getTime() + days * DAY_MS).toISOString();

const actionsOf = async (tenantId: string) =>
  (await trailOf(server, tenantId)).map(({ action }) => action).filter((action) => action.startsWith('entitlement.'));

// proves A27, A42, A63
test('a tenant gets a product with its config, and the list and the audit log say so', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const config = { seats: 25, regions: ['eu'], limits: { uploads: null, grüße: '✓' } };
  const { status, headers, body } = await set(tenant_id, { config });
  expect(status).toBe(200);
  expect(headers.get('etag')).toMatch(/^"[\w-]{22}"$/);
  expect(body).toMatchObject({
    tenant_id,
    product: 'certifai',
    source: 'contract',
    config,
    ends_at: null,
    active: true,
  });
  expect(await listOf(tenant_id)).toEqual([body]);
  const [row, ...more] = await auditOf(server, `${tenant_id}/certifai`);
  expect(more).toEqual([]);
  expect(row).toMatchObject({
    action: 'entitlement.granted',
    tenant_id,
    product: 'certifai',
    target_type: 'entitlement',
    target_name: 'certifai',
    metadata: { source: 'contract', config },
  });
});

test('the list is by product, of one tenant, and says which are running', async () => {
  const [mine, theirs] = [await tenantIn(server, 'active'), await tenantIn(server, 'active')];
  await set(mine.id, { product: 'compliance', ends_at: inDays(1) });
  await set(mine.id, { source: 'demo' });
  await set(theirs.id);
  server.clock.advance(DAY_MS);
  expect((await listOf(mine.id)).map((item: Record<string, unknown>) => [item['product'], item['active']])).toEqual([
    ['certifai', true],
    ['compliance', false],
  ]);
});

test('new terms replace the old ones whole, keep the start, and equal terms write nothing', async () => {
  const { id } = await tenantIn(server, 'active');
  const first = (await set(id, { config: { a: 1, b: { c: [1] } }, ends_at: inDays(5) })).body;
  const again = await set(id, { config: { b: { c: [1] }, a: 1 }, ends_at: first.ends_at });
  expect(again.body).toEqual(first);
  expect(await actionsOf(id)).toEqual(['entitlement.granted']);
  const { body } = await set(id, { source: 'demo' });
  expect(body).toMatchObject({ source: 'demo', config: {}, ends_at: null, starts_at: first.starts_at });
  // Changes are stamped by the database's clock, which this test has not moved: later cannot be asked, other can.
  expect(body.updated_at).not.toBe(first.updated_at);
  expect(await actionsOf(id)).toEqual(['entitlement.granted', 'entitlement.granted']);
});

test('an entitlement that is over starts again when it is granted again', async () => {
  const { id } = await tenantIn(server, 'active');
  const first = (await set(id, { ends_at: inDays(1) })).body;
  server.clock.advance(2 * DAY_MS);
  const { body } = await set(id);
  expect(body.active).toBe(true);
  expect(new Date(body.starts_at).getTime() - new Date(first.starts_at).getTime()).toBeGreaterThanOrEqual(2 * DAY_MS);
});

test('of entitlements set at once, one row remains and each is in the audit log', async () => {
  const { id } = await tenantIn(server, 'active');
  const answers = await Promise.all([1, 2, 3, 4].map((seats) => set(id, { config: { seats } })));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(await listOf(id)).toHaveLength(1);
  expect(await actionsOf(id)).toHaveLength(4);
});

test('a change made for another version is refused, also when there is none', async () => {
  const { id } = await tenantIn(server, 'active');
  for (const tag of ['"x"', '*']) {
    const { status, body } = await set(id, {}, { 'if-match': tag });
    expect([status, body.code]).toEqual([412, 'precondition_failed']);
  }
  expect(await listOf(id)).toEqual([]);
  const { headers } = await set(id);
  const ifMatch = { 'if-match': headers.get('etag') ?? '' };
  const answers = await Promise.all([1, 2, 3].map((seats) => set(id, { config: { seats } }, ifMatch)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
});

test.each([
  ['/tenant_id', { tenant_id: 'x' }],
  ['/product', { product: '' }],
  ['/product', { product: 'x'.repeat(101) }],
  ['/config', { config: [] }],
  ['/config', { config: 'x' }],
  ['/config', { config: null }],
  ['/source', { source: 'gift' }],
  ['/source', { source: null }],
  ['/ends_at', { ends_at: 'tomorrow' }],
  ['/ends_at', { ends_at: 17 }],
  ['/ends_at', { source: 'trial' }],
  ['/ends_at', { source: 'trial', ends_at: null }],
  ['/starts_at', { starts_at: '2026-01-01T00:00:00Z' }],
])('a wrong %s is named: %j', async (pointer, wrong) => {
  const { id } = await tenantIn(server, 'active');
  const { status, body } = await set(id, wrong);
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
  expect(await listOf(id)).toEqual([]);
});

test('a config of 32 KiB is taken, and one byte more is refused, in any script', async () => {
  const { id } = await tenantIn(server, 'active');
  const bytes = (config: object) => Buffer.byteLength(JSON.stringify(config));
  for (const letter of ['a', 'ü', '✓']) {
    const room = 32 * KIB - bytes({ a: '' });
    const full = { a: letter.repeat(Math.floor(room / Buffer.byteLength(letter))) };
    const exact = { a: full.a + 'a'.repeat(32 * KIB - bytes(full)) };
    expect(bytes(exact)).toBe(32 * KIB);
    expect((await set(id, { config: exact })).body.config).toEqual(exact);
    const { status, body } = await set(id, { config: { a: `${exact.a}a` } });
    expect([status, body.errors[0].pointer]).toEqual([400, '/config']);
  }
});

test('a number that JSON cannot carry is refused in a config, not turned into null', async () => {
  const { id } = await tenantIn(server, 'active');
  for (const number of ['1e400', '-1e400', '9007199254740993']) {
    const { status, body } = await server.call('PUT /v1/entitlements', {
      body: `{"tenant_id":"${id}","product":"certifai","config":{"n":${number}}}`,
    });
    expect([status, body.errors[0].pointer], number).toEqual([400, '/config/n']);
  }
});

test('an end that has passed is refused by its own code', async () => {
  const { id } = await tenantIn(server, 'active');
  for (const ends_at of [inDays(-1), '2020-01-01T00:00:00+02:00']) {
    const { status, body } = await set(id, { ends_at });
    expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'end_in_the_past', '/ends_at']);
  }
});

test('an unknown product and an unknown tenant are each not found', async () => {
  const { id } = await tenantIn(server, 'active');
  expect((await set(id, { product: 'nothing' })).body.code).toBe('product_not_found');
  expect((await set(UNKNOWN)).body.code).toBe('not_found');
  for (const path of [
    `GET /v1/entitlements?tenant_id=${UNKNOWN}`,
    `GET /v1/entitlements/check?tenant_id=${UNKNOWN}&product=certifai`,
    `DELETE /v1/entitlements?tenant_id=${UNKNOWN}&product=certifai`,
  ]) {
    const { status, body } = await server.call(path);
    expect([status, body.code], path).toEqual([404, 'not_found']);
  }
});

test('a revoked entitlement is gone at once, is in the audit log, and cannot be revoked again', async () => {
  const { id } = await tenantIn(server, 'active');
  await set(id);
  const path = `DELETE /v1/entitlements?tenant_id=${id}&product=certifai`;
  const { status, body } = await server.call(path);
  expect([status, body]).toEqual([204, null]);
  expect(await listOf(id)).toEqual([]);
  expect(await check(id)).toEqual({ allowed: false, reason: 'not_entitled', source: null, ends_at: null });
  const again = await server.call(path);
  expect([again.status, again.body.code]).toEqual([404, 'not_found']);
  expect(await actionsOf(id)).toEqual(['entitlement.granted', 'entitlement.revoked']);
});

test('an entitlement to a product that left the catalog is still listed, checked and revoked', async () => {
  const { id } = await tenantIn(server, 'active');
  await server.app.deps.db.insertInto('tenant_products').values({ tenant_id: id, product: 'sunset' }).execute();
  expect((await listOf(id))[0]).toMatchObject({ product: 'sunset', active: true });
  const { body } = await server.call(`GET /v1/entitlements/check?tenant_id=${id}&product=sunset`);
  expect(body.reason).toBe('entitled');
  expect((await server.call(`DELETE /v1/entitlements?tenant_id=${id}&product=sunset`)).status).toBe(204);
});

test('the check answers for now or for a moment asked about, and an ended trial is told from no entitlement', async () => {
  const { id } = await tenantIn(server, 'active');
  expect(await check(id)).toEqual({ allowed: false, reason: 'not_entitled', source: null, ends_at: null });
  const ends_at = inDays(14);
  await set(id, { source: 'trial', ends_at });
  expect(await check(id)).toEqual({ allowed: true, reason: 'entitled', source: 'trial', ends_at });
  expect((await check(id, inDays(13))).reason).toBe('entitled');
  expect((await check(id, ends_at)).reason).toBe('trial_ended');
  expect((await check(id, inDays(-1))).reason).toBe('not_entitled');
  const offset = `${new Date(Date.parse(ends_at) + 2 * 3_600_000).toISOString().slice(0, -1)}+02:00`;
  expect((await check(id, offset)).reason).toBe('trial_ended');
  server.clock.advance(14 * DAY_MS);
  expect(await check(id)).toEqual({ allowed: false, reason: 'trial_ended', source: 'trial', ends_at });
  const unknown = await server.call(`GET /v1/entitlements/check?tenant_id=${id}&product=nothing`);
  expect([unknown.status, unknown.body.reason]).toEqual([200, 'not_entitled']);
});

test('a frozen and an archived tenant may use nothing, and the check says which it is', async () => {
  const { id } = await tenantIn(server, 'active');
  await set(id);
  await server.call(`POST /v1/tenants/${id}/cancel`);
  expect(await check(id)).toMatchObject({ allowed: false, reason: 'tenant_frozen', source: 'contract' });
  expect(await listOf(id)).toHaveLength(1);
  await server.call(`POST /v1/tenants/${id}/archive`);
  expect(await check(id)).toMatchObject({ allowed: false, reason: 'tenant_archived' });
  const { status, body } = await server.call(`GET /v1/entitlements?tenant_id=${id}`);
  expect([status, body.code]).toEqual([409, 'tenant_archived']);
});

test.each([
  ['/at', `tenant_id=${UNKNOWN}&product=certifai&at=now`],
  ['/at', `tenant_id=${UNKNOWN}&product=certifai&at=2026-01-01`],
  ['/product', `tenant_id=${UNKNOWN}`],
  ['/product', `tenant_id=${UNKNOWN}&product=`],
  ['/tenant_id', 'product=certifai'],
])('the check refuses a wrong %s by name: %s', async (pointer, query) => {
  const { status, body } = await server.call(`GET /v1/entitlements/check?${query}`);
  expect([status, body.errors[0].pointer]).toEqual([400, pointer]);
});

const sweep = () => runWorker(server, 'product-trial-end');
const sweepAll = async () => {
  while ((await sweep()) > 0);
};

test('an ended trial of a product is told of once, however many workers look, and its row stays', async () => {
  await sweepAll();
  const tenants = await Promise.all([1, 2, 3].map(() => tenantIn(server, 'active')));
  for (const { id } of tenants) await set(id, { source: 'trial', ends_at: inDays(14) });
  expect(await sweep()).toBe(0);
  server.clock.advance(14 * DAY_MS);
  const counts = await Promise.all([sweep(), sweep(), sweep()]);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3);
  expect(await sweep()).toBe(0);
  for (const { id } of tenants) {
    expect(await actionsOf(id)).toEqual(['entitlement.granted', 'entitlement.trial_ended']);
    const row = (await trailOf(server, id)).find(({ action }) => action === 'entitlement.trial_ended');
    expect(row).toMatchObject({
      actor_type: 'system',
      actor_id: 'product-trial-end',
      product: 'certifai',
      source_ip: null,
    });
    expect((await listOf(id))[0]).toMatchObject({ source: 'trial', active: false });
  }
});

test('a trial that is granted anew ends anew, and a contract that ends is no trial', async () => {
  await sweepAll();
  const [tried, contracted] = [await tenantIn(server, 'active'), await tenantIn(server, 'active')];
  await set(tried.id, { source: 'trial', ends_at: inDays(1) });
  await set(contracted.id, { ends_at: inDays(1) });
  server.clock.advance(DAY_MS);
  expect(await sweep()).toBe(1);
  await set(tried.id, { source: 'trial', ends_at: inDays(1) });
  expect(await sweep()).toBe(0);
  server.clock.advance(DAY_MS);
  expect(await sweep()).toBe(1);
  const ended = (await actionsOf(tried.id)).filter((action) => action === 'entitlement.trial_ended');
  expect(ended).toHaveLength(2);
  expect(await actionsOf(contracted.id)).toEqual(['entitlement.granted']);
});

test('a trial ends in a frozen tenant too', async () => {
  await sweepAll();
  const { id } = await tenantIn(server, 'active');
  await set(id, { source: 'trial', ends_at: inDays(1) });
  await server.call(`POST /v1/tenants/${id}/cancel`);
  server.clock.advance(DAY_MS);
  expect(await sweep()).toBe(1);
});

test('more ended trials than one batch holds are told of in several', async () => {
  await sweepAll();
  const { id } = await tenantIn(server, 'active');
  const { db } = server.app.deps;
  const ended = Array.from({ length: 103 }, (_, index) => ({
    tenant_id: id,
    product: `p${index}`,
    source: 'trial' as const,
    ends_at: inDays(-1),
  }));
  await db.insertInto('tenant_products').values(ended).execute();
  expect([await sweep(), await sweep(), await sweep()]).toEqual([100, 3, 0]);
  expect(new Set((await trailOf(server, id)).map(({ product }) => product).filter(Boolean)).size).toBe(103);
});

// PGlite has one connection: nothing else runs while a transaction is open, so there is nothing to skip.
test.runIf(inject('engine') === 'postgres')('what somebody else holds is left for the next batch', async () => {
  await sweepAll();
  const [held, free] = [await tenantIn(server, 'active'), await tenantIn(server, 'active')];
  for (const { id } of [held, free]) await entitle(server, id, { source: 'trial', ends_at: inDays(1) });
  server.clock.advance(DAY_MS);
  const { db } = server.app.deps;
  await db.transaction().execute(async (tx) => {
    await tx.selectFrom('tenants').select('id').where('id', '=', held.id).forUpdate().execute();
    expect(await sweep()).toBe(1);
  });
  expect(await sweep()).toBe(1);
  expect(await actionsOf(held.id)).toEqual(['entitlement.granted', 'entitlement.trial_ended']);
});
