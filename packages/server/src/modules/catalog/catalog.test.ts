import { expect, test } from 'vitest';
import { auditOf, DAY_MS, entitle, tenantIn, testServer, trailOf, UNKNOWN } from '../../../test/support/server.ts';

const server = testServer();

const request = (tenant_id: string, fields: Record<string, unknown> = {}) =>
  server.call('POST /v1/catalog/request', { body: { tenant_id, product: 'certifai', ...fields } });

const trial = (tenant_id: string, fields: Record<string, unknown> = {}) =>
  server.call('POST /v1/catalog/trial-request', { body: { tenant_id, product: 'certifai', ...fields } });

const decide = (id: string, step: 'grant' | 'reject', headers = {}) =>
  server.call(`POST /v1/catalog/requests/${id}/${step}`, { headers });

const check = async (tenant_id: string) =>
  (await server.call(`GET /v1/entitlements/check?tenant_id=${tenant_id}&product=certifai`)).body;

const actionsOf = async (tenantId: string) =>
  (await trailOf(server, tenantId)).map(({ action }) => action).filter((action) => !action.startsWith('tenant.'));

const requestsOf = async (query: string) => {
  const { status, body } = await server.call(`GET /v1/catalog/requests?${query}`);
  expect(status).toBe(200);
  return body.items;
};

// proves A43, A67
test('the catalog lists its two products with all that a portal shows', async () => {
  const { status, body } = await server.call('GET /v1/catalog');
  expect(status).toBe(200);
  expect(body.items.map(({ product }: { product: string }) => product)).toEqual(['certifai', 'compliance']);
  for (const item of body.items) {
    expect(Object.keys(item).sort()).toEqual(
      ['contract_version', 'description', 'features', 'name', 'product', 'supports_projects', 'trial_days'].sort(),
    );
    expect(item.trial_days).toBe(14);
  }
});

// proves A44, A69
test('a request waits for an operator, and is in the audit log', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { status, headers, body } = await request(tenant_id, { message: 'Two teams need it.' });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    tenant_id,
    product: 'certifai',
    kind: 'request',
    state: 'open',
    message: 'Two teams need it.',
    requested_by: 'operator_token',
    decided_by: null,
    decided_at: null,
  });
  expect(headers.get('etag')).not.toBeNull();
  expect(await requestsOf(`tenant_id=${tenant_id}`)).toEqual([body]);
  expect(await check(tenant_id)).toMatchObject({ allowed: false, reason: 'not_entitled' });
  const [row] = await auditOf(server, body.id);
  expect(row).toMatchObject({
    action: 'catalog.requested',
    tenant_id,
    product: 'certifai',
    target_type: 'catalog_request',
    metadata: { message: 'Two teams need it.' },
  });
});

test.each([
  ['request', '/tenant_id', { tenant_id: 'x' }],
  ['request', '/product', { product: '' }],
  ['request', '/product', { product: undefined }],
  ['request', '/message', { message: '' }],
  ['request', '/message', { message: 'x'.repeat(2001) }],
  ['request', '/kind', { kind: 'trial' }],
  ['trial-request', '/tenant_id', { tenant_id: undefined }],
  ['trial-request', '/product', { product: 7 }],
  ['trial-request', '/message', { message: 'please' }],
])('a wrong %s%s is named: %j', async (path, pointer, wrong) => {
  const { id } = await tenantIn(server, 'active');
  const { status, body } = await server.call(`POST /v1/catalog/${path}`, {
    body: { tenant_id: id, product: 'certifai', ...wrong },
  });
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
  expect(await requestsOf(`tenant_id=${id}`)).toEqual([]);
});

test('an unknown product and an unknown tenant are each not found, and nothing is written', async () => {
  const { id } = await tenantIn(server, 'active');
  for (const ask of [request, trial]) {
    const product = await ask(id, { product: 'nothing' });
    expect([product.status, product.body.code, product.body.errors[0].pointer]).toEqual([
      404,
      'product_not_found',
      '/product',
    ]);
    const tenant = await ask(UNKNOWN);
    expect([tenant.status, tenant.body.code]).toEqual([404, 'not_found']);
  }
  expect(await actionsOf(id)).toEqual([]);
});

test('a tenant has one open request for a product, also when four come at once', async () => {
  const { id } = await tenantIn(server, 'active');
  const answers = await Promise.all([1, 2, 3, 4].map(() => request(id)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
    code: 'request_open',
    errors: [{ pointer: '/product' }],
  });
  expect((await request(id, { product: 'compliance' })).status).toBe(201);
  expect(await actionsOf(id)).toEqual(['catalog.requested', 'catalog.requested']);
});

test('a granted request entitles without an end, and both are in the audit log', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { body: asked } = await request(tenant_id);
  const { status, headers, body } = await decide(asked.id, 'grant');
  expect(status).toBe(200);
  expect(headers.get('etag')).not.toBeNull();
  expect(body).toMatchObject({ id: asked.id, state: 'granted', decided_by: 'operator_token' });
  expect(body.decided_at).not.toBeNull();
  expect(await check(tenant_id)).toEqual({ allowed: true, reason: 'entitled', source: 'contract', ends_at: null });
  expect(await actionsOf(tenant_id)).toEqual(['catalog.requested', 'catalog.request_granted', 'entitlement.granted']);
  expect((await request(tenant_id)).status).toBe(201);
});

test('a granted request makes a contract of a running trial, which keeps its config and its start', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { body: before } = await trial(tenant_id);
  const { ends_at, source } = before;
  await entitle(server, tenant_id, { source, ends_at, config: { seats: 3 } });
  await decide((await request(tenant_id)).body.id, 'grant');
  const { body } = await server.call(`GET /v1/entitlements?tenant_id=${tenant_id}`);
  expect(body.items).toMatchObject([
    { source: 'contract', ends_at: null, starts_at: before.starts_at, config: { seats: 3 }, active: true },
  ]);
});

test('a rejected request entitles to nothing, is in the audit log, and can be made again', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { body: asked } = await request(tenant_id);
  const { status, body } = await decide(asked.id, 'reject');
  expect([status, body.state, body.decided_by]).toEqual([200, 'rejected', 'operator_token']);
  expect((await check(tenant_id)).allowed).toBe(false);
  expect((await request(tenant_id)).status).toBe(201);
  expect(await actionsOf(tenant_id)).toEqual(['catalog.requested', 'catalog.request_rejected', 'catalog.requested']);
});

test('a request is decided once, also when two decide at once', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { body: asked } = await request(tenant_id);
  const answers = await Promise.all([decide(asked.id, 'grant'), decide(asked.id, 'reject')]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect(answers.find(({ status }) => status === 409)?.body.code).toBe('request_decided');
  const state = (await requestsOf(`tenant_id=${tenant_id}`))[0].state;
  expect((await check(tenant_id)).allowed).toBe(state === 'granted');
  for (const step of ['grant', 'reject'] as const) {
    expect((await decide(asked.id, step)).body.code).toBe('request_decided');
  }
});

test('a decision made for an older version is refused, and an unknown request is not found', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { body: asked, headers } = await request(tenant_id);
  const stale = await decide(asked.id, 'grant', { 'if-match': '"x"' });
  expect([stale.status, stale.body.code]).toEqual([412, 'precondition_failed']);
  expect((await decide(asked.id, 'grant', { 'if-match': headers.get('etag') ?? '' })).status).toBe(200);
  for (const step of ['grant', 'reject'] as const) {
    const { status, body } = await decide(UNKNOWN, step);
    expect([status, body.code]).toEqual([404, 'not_found']);
  }
});

// proves A45, A69
test('a trial is granted at once, for the days of the catalog, and both are in the audit log', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { status, headers, body } = await trial(tenant_id);
  expect(status).toBe(201);
  expect(headers.get('etag')).not.toBeNull();
  expect(body).toMatchObject({ tenant_id, product: 'certifai', source: 'trial', active: true, config: {} });
  expect(new Date(body.ends_at).getTime() - new Date(body.starts_at).getTime()).toBe(14 * DAY_MS);
  expect(await check(tenant_id)).toMatchObject({ allowed: true, reason: 'entitled', source: 'trial' });
  const [asked] = await requestsOf(`tenant_id=${tenant_id}`);
  expect(asked).toMatchObject({ kind: 'trial', state: 'granted', decided_by: null });
  const trail = (await trailOf(server, tenant_id)).filter(({ product }) => product === 'certifai');
  expect(trail.map(({ action }) => action)).toEqual(['entitlement.granted', 'catalog.trial_started']);
  expect(trail[1]).toMatchObject({ target_id: asked.id, metadata: { kind: 'trial', ends_at: body.ends_at } });
});

test('a trial is had once per tenant and product, also when four ask at once, and other products have their own', async () => {
  const { id } = await tenantIn(server, 'active');
  const answers = await Promise.all([1, 2, 3, 4].map(() => trial(id)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
    code: 'trial_used',
    errors: [{ pointer: '/product' }],
  });
  expect((await trial(id, { product: 'compliance' })).status).toBe(201);
  expect((await actionsOf(id)).filter((action) => action === 'catalog.trial_started')).toHaveLength(2);
});

test('a used trial stays used when it ended, and when the entitlement was taken away', async () => {
  const [ended, revoked] = [await tenantIn(server, 'active'), await tenantIn(server, 'active')];
  await trial(ended.id);
  await trial(revoked.id);
  await server.call(`DELETE /v1/entitlements?tenant_id=${revoked.id}&product=certifai`);
  expect((await trial(revoked.id)).body.code).toBe('trial_used');
  server.clock.advance(14 * DAY_MS);
  expect(await check(ended.id)).toMatchObject({ allowed: false, reason: 'trial_ended', source: 'trial' });
  expect((await trial(ended.id)).body.code).toBe('trial_used');
});

test('a tenant that has the product already needs no trial, and keeps its unused one', async () => {
  const { id } = await tenantIn(server, 'active');
  await entitle(server, id);
  const { status, body } = await trial(id);
  expect([status, body.code]).toEqual([409, 'already_entitled']);
  expect(await requestsOf(`tenant_id=${id}`)).toEqual([]);
  await server.call(`DELETE /v1/entitlements?tenant_id=${id}&product=certifai`);
  expect((await trial(id)).status).toBe(201);
});

test('a tenant whose contract is over may still have its trial', async () => {
  const { id } = await tenantIn(server, 'active');
  const ends_at = new Date(server.clock.now().getTime() + DAY_MS).toISOString();
  await entitle(server, id, { ends_at, config: { seats: 9 } });
  server.clock.advance(DAY_MS);
  expect((await trial(id)).body).toMatchObject({ source: 'trial', active: true, config: {} });
});

test('requests are listed of one tenant or of all, by state, page by page', async () => {
  const [mine, theirs] = [await tenantIn(server, 'active'), await tenantIn(server, 'active')];
  const first = (await request(mine.id)).body;
  await decide(first.id, 'reject');
  const second = (await request(mine.id)).body;
  const other = (await request(theirs.id)).body;
  const ids = async (query: string) => (await requestsOf(query)).map(({ id }: { id: string }) => id);
  expect(await ids(`tenant_id=${mine.id}`)).toEqual([second.id, first.id]);
  expect(await ids(`tenant_id=${mine.id}&state=rejected`)).toEqual([first.id]);
  expect((await ids('state=open')).slice(0, 2)).toEqual([other.id, second.id]);
  const page = await server.call('GET /v1/catalog/requests?limit=1');
  expect(page.body.items[0].id).toBe(other.id);
  expect(await ids(`limit=1&cursor=${page.body.next_cursor}`)).toEqual([second.id]);
});

test.each([
  ['/state', 'state=waiting', 400],
  ['/tenant_id', 'tenant_id=x', 400],
  ['/limit', 'limit=0', 400],
  ['/limit', 'limit=201', 400],
])('the list of requests refuses a wrong %s by name: %s', async (pointer, query, expected) => {
  const { status, body } = await server.call(`GET /v1/catalog/requests?${query}`);
  expect([status, body.errors[0].pointer]).toEqual([expected, pointer]);
});

test('requests of an unknown tenant are not found, and those of an archived one are not shown', async () => {
  const unknown = await server.call(`GET /v1/catalog/requests?tenant_id=${UNKNOWN}`);
  expect([unknown.status, unknown.body.code]).toEqual([404, 'not_found']);
  const { id } = await tenantIn(server, 'archived');
  const archived = await server.call(`GET /v1/catalog/requests?tenant_id=${id}`);
  expect([archived.status, archived.body.code]).toEqual([409, 'tenant_archived']);
});
