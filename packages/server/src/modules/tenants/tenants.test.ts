import { expect, test } from 'vitest';
import { eventsAbout } from '../../../test/support/events.ts';
import { auditOf, DAY_MS, newTenant, tenantIn, testServer, UNKNOWN, uniqueSlug } from '../../../test/support/server.ts';

const server = testServer();

// proves A37, A50, A69
test('a customer starts on a trial of 14 days, with its Location, its ETag and its audit row', async () => {
  const slug = uniqueSlug();
  const { status, headers, body } = await server.call('POST /v1/tenants', {
    body: { slug, name: 'Beta GmbH', plan: 'basic' },
  });
  expect(status).toBe(201);
  expect(body.updated_at).toBe(body.created_at);
  expect(body).toMatchObject({
    slug,
    name: 'Beta GmbH',
    status: 'trial',
    kind: 'customer',
    plan: 'basic',
    erp_id: null,
  });
  const trialMs = new Date(body.trial_ends_at).getTime() - new Date(body.created_at).getTime();
  expect(trialMs).toBe(14 * DAY_MS);
  expect(headers.get('location')).toBe(`/v1/tenants/${body.id}`);
  expect(headers.get('etag')).toMatch(/^"[\w-]{22}"$/);
  const [row] = await auditOf(server, body.id);
  expect(row).toMatchObject({
    action: 'tenant.created',
    tenant_id: body.id,
    tenant_slug: slug,
    actor_type: 'operator',
    actor_id: 'operator_token',
    target_type: 'tenant',
    target_name: 'Beta GmbH',
    request_id: headers.get('x-request-id'),
    source_ip: '127.0.0.1',
    metadata: { id: body.id, slug, status: 'trial' },
  });
});

// proves C58
test('every change of a tenant leaves exactly one outbox event with the id of its audit row', async () => {
  const { id } = await tenantIn(server, 'archived');
  const events = await eventsAbout(server, id);
  expect(events.map(({ event_type }) => event_type)).toEqual(['tenant.created', 'tenant.canceled', 'tenant.archived']);
  expect(events.map((event) => event.id)).toEqual((await auditOf(server, id)).map((row) => row.id));
});

test('a demo tenant stays a demo: no trial, no transition', async () => {
  const tenant = await newTenant(server, { kind: 'demo' });
  expect(tenant).toMatchObject({ status: 'demo', trial_ends_at: null });
  for (const step of ['activate', 'cancel', 'archive']) {
    const { status, body } = await server.call(`POST /v1/tenants/${tenant.id}/${step}`);
    expect([status, body.code, body.allowed]).toEqual([409, 'illegal_transition', []]);
  }
});

// proves A12, A21, A34
test.each(['ab', '-abc', 'abc-', 'Abc', 'a_c', 'a.c', 'a'.repeat(41), '', 'äbc'])(
  'the slug %j is refused by name',
  async (slug) => {
    const { status, body } = await server.call('POST /v1/tenants', { body: { slug, name: 'X' } });
    expect([status, body.code]).toEqual([400, 'invalid_input']);
    expect(body.errors[0].pointer).toBe('/slug');
  },
);

test('a taken slug is a conflict and nothing is written, also when two ask at once', async () => {
  const slug = uniqueSlug();
  const body = { slug, name: 'Twin' };
  const answers = await Promise.all([1, 2, 3, 4].map(() => server.call('POST /v1/tenants', { body })));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
    code: 'slug_taken',
    errors: [{ pointer: '/slug' }],
  });
  const rows = await server.app.deps.db.selectFrom('audit_log').select('id').where('tenant_slug', '=', slug).execute();
  expect(rows).toHaveLength(1);
});

test('a contract that ends before it starts is refused by the database and told by field', async () => {
  const dates = { contract_starts_on: '2026-05-01', contract_ends_on: '2026-04-30' };
  const { status, body } = await server.call('POST /v1/tenants', { body: { slug: uniqueSlug(), name: 'X', ...dates } });
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'contract_dates_invalid', '/contract_ends_on']);
});

// proves A38, A39
test('reading a tenant by id and by slug gives one body and one tag', async () => {
  const tenant = await newTenant(server);
  const byId = await server.call(`GET /v1/tenants/${tenant.id}`);
  const bySlug = await server.call(`GET /v1/tenants/by-slug/${tenant.slug}`);
  expect(byId.body).toEqual(tenant);
  expect(bySlug.body).toEqual(tenant);
  expect(byId.headers.get('etag')).toBe(bySlug.headers.get('etag'));
  expect((await server.call(`GET /v1/tenants/${tenant.id.toUpperCase()}`)).body).toEqual(tenant);
});

test.each([
  ['GET', ''],
  ['PATCH', ''],
  ['DELETE', ''],
  ['POST', '/activate'],
  ['POST', '/cancel'],
  ['POST', '/archive'],
])('an unknown id is not found: %s /v1/tenants/{id}%s', async (method, path) => {
  const { status, body } = await server.call(
    `${method} /v1/tenants/${UNKNOWN}${path}`,
    method === 'PATCH' ? { body: {} } : {},
  );
  expect([status, body.code]).toEqual([404, 'not_found']);
});

test('pages of tenants neither repeat nor lose one while others are created', async () => {
  const name = `Page ${uniqueSlug()}`;
  for (let index = 0; index < 5; index++) await newTenant(server, { name });
  const seen: string[] = [];
  let cursor = '';
  do {
    const page = await server.call(`GET /v1/tenants?limit=2&q=${encodeURIComponent(name)}${cursor}`);
    expect(page.status).toBe(200);
    seen.push(...page.body.items.map(({ id }: { id: string }) => id));
    cursor = page.body.next_cursor === null ? '' : `&cursor=${page.body.next_cursor}`;
    await newTenant(server, { name });
  } while (cursor !== '');
  expect(seen).toHaveLength(5);
  expect(new Set(seen).size).toBe(5);
  expect(seen).toEqual([...seen].sort().reverse());
});

test('the list filters by status, kind and a part of slug or name, taking wildcards literally', async () => {
  const mark = uniqueSlug();
  const demo = await newTenant(server, { kind: 'demo', name: `100%_${mark}` });
  await newTenant(server, { name: `1000_${mark}` });
  const ids = async (query: string) => {
    const { body } = await server.call(`GET /v1/tenants?${query}`);
    return body.items.map(({ id }: { id: string }) => id);
  };
  expect(await ids(`q=${encodeURIComponent(`100%_${mark.toUpperCase()}`)}`)).toEqual([demo.id]);
  expect(await ids(`q=${mark}&status=demo`)).toEqual([demo.id]);
  expect(await ids(`q=${mark}&kind=demo&status=demo`)).toEqual([demo.id]);
  expect(await ids(`q=${mark}&status=frozen`)).toEqual([]);
  expect(await ids(`q=${demo.slug}`)).toEqual([demo.id]);
});

test('a cursor that was tampered with, or made for another filter, is refused', async () => {
  await newTenant(server);
  await newTenant(server);
  const { body } = await server.call('GET /v1/tenants?limit=1&kind=customer');
  const cursor: string = body.next_cursor;
  const tampered = `${cursor.startsWith('A') ? 'B' : 'A'}${cursor.slice(1)}`;
  const queries = [
    `kind=customer&cursor=${tampered}`,
    `kind=demo&cursor=${cursor}`,
    `cursor=${cursor}`,
    'cursor=x',
    'cursor=..',
  ];
  for (const query of queries) {
    const { status, body: problem } = await server.call(`GET /v1/tenants?${query}`);
    expect([status, problem.code], query).toEqual([400, 'invalid_cursor']);
  }
  expect((await server.call(`GET /v1/tenants?limit=7&kind=customer&cursor=${cursor}`)).status).toBe(200);
});

test('a change keeps what it does not name and clears what it sets to null', async () => {
  const tenant = await newTenant(server, { plan: 'basic', erp_id: 'E1' });
  const { status, body, headers } = await server.call(`PATCH /v1/tenants/${tenant.id}`, {
    body: { name: 'New', erp_id: null },
  });
  expect(status).toBe(200);
  expect(body).toMatchObject({ name: 'New', plan: 'basic', erp_id: null, slug: tenant.slug });
  expect(Date.parse(body.updated_at)).toBeGreaterThanOrEqual(Date.parse(tenant.updated_at));
  expect(headers.get('etag')).not.toBeNull();
  expect((await auditOf(server, tenant.id)).map(({ action }) => action)).toEqual(['tenant.created', 'tenant.updated']);
});

test('a tenant has a region when one is given; null takes it away, and its events tell it', async () => {
  expect(await newTenant(server)).toMatchObject({ region: null, mesh_cidr: null });
  const { id } = await newTenant(server, { region: 'eu-central' });
  const set = async (region: string | null) =>
    (await server.call(`PATCH /v1/tenants/${id}`, { body: { region } })).body.region;
  expect((await server.call(`GET /v1/tenants/${id}`)).body.region).toBe('eu-central');
  expect([await set('a'), await set('a'.repeat(63)), await set(null)]).toEqual(['a', 'a'.repeat(63), null]);
  const told = (await auditOf(server, id)).map(({ metadata }) => (metadata as { region: unknown }).region);
  expect(told).toEqual(['eu-central', 'a', 'a'.repeat(63), null]);
});

test.each(['', 'EU', '-eu', 'eu-', 'eu_1', 'eu central', 'eu\n', 'a'.repeat(64), 'é'])(
  'the region %j is refused by name',
  async (region) => {
    const tenant = await newTenant(server);
    for (const [path, body] of [
      ['POST /v1/tenants', { slug: uniqueSlug(), name: 'X', region }],
      [`PATCH /v1/tenants/${tenant.id}`, { region }],
    ] as const) {
      const answer = await server.call(path, { body });
      expect([answer.status, answer.body.code, answer.body.errors[0].pointer]).toEqual([
        400,
        'invalid_input',
        '/region',
      ]);
    }
    expect((await server.call(`GET /v1/tenants/${tenant.id}`)).body).toEqual(tenant);
  },
);

test('a tenant shows the range of its network, which no change of the tenant sets', async () => {
  const { id } = await newTenant(server);
  const range = { mesh_cidr: '10.20.0.0/16', mesh_space: id };
  await server.app.deps.db.updateTable('tenants').set(range).where('id', '=', id).execute();
  const { body } = await server.call(`GET /v1/tenants/${id}`);
  expect(body.mesh_cidr).toBe('10.20.0.0/16');
  expect(Object.keys(body)).not.toContain('mesh_space');
  const refused = await server.call(`PATCH /v1/tenants/${id}`, { body: { mesh_cidr: '10.21.0.0/16' } });
  expect([refused.status, refused.body.code]).toEqual([400, 'invalid_input']);
});

test('a change that changes nothing writes nothing', async () => {
  const tenant = await newTenant(server);
  const { status, body } = await server.call(`PATCH /v1/tenants/${tenant.id}`, { body: {} });
  expect([status, body]).toEqual([200, tenant]);
  expect(await auditOf(server, tenant.id)).toHaveLength(1);
});

test('a slug in a change is refused by its own code', async () => {
  const tenant = await newTenant(server);
  const { status, body } = await server.call(`PATCH /v1/tenants/${tenant.id}`, { body: { slug: 'other' } });
  expect([status, body.code]).toEqual([400, 'slug_immutable']);
});

test('a change made for an older version is refused, and one for the current version goes through', async () => {
  const tenant = await newTenant(server);
  const { headers } = await server.call(`GET /v1/tenants/${tenant.id}`);
  const etag = headers.get('etag') ?? '';
  const change = (name: string, ifMatch: string) =>
    server.call(`PATCH /v1/tenants/${tenant.id}`, { body: { name }, headers: { 'if-match': ifMatch } });
  expect((await change('First', etag)).status).toBe(200);
  const second = await change('Second', etag);
  expect([second.status, second.body.code]).toEqual([412, 'precondition_failed']);
  expect(
    (await change('Third', `"x", ${(await server.call(`GET /v1/tenants/${tenant.id}`)).headers.get('etag')}`)).status,
  ).toBe(200);
  expect((await change('Fourth', '*')).status).toBe(200);
  expect((await server.call(`GET /v1/tenants/${tenant.id}`)).body.name).toBe('Fourth');
});

// proves B17, B18
test('of changes made at once for one version, exactly one goes through', async () => {
  const tenant = await newTenant(server);
  const etag = (await server.call(`GET /v1/tenants/${tenant.id}`)).headers.get('etag') ?? '';
  const answers = await Promise.all(
    ['a', 'b', 'c', 'd'].map((name) =>
      server.call(`PATCH /v1/tenants/${tenant.id}`, { body: { name }, headers: { 'if-match': etag } }),
    ),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
});

// proves A40, A41
test('a tenant lives from trial over active and frozen to archived, and each step is in the audit log', async () => {
  const { id } = await newTenant(server);
  const activated = await server.call(`POST /v1/tenants/${id}/activate`, { body: { plan: 'enterprise' } });
  expect(activated.body).toMatchObject({ status: 'active', plan: 'enterprise', frozen_at: null });
  const canceled = await server.call(`POST /v1/tenants/${id}/cancel`, { body: { reason: 'unpaid' } });
  expect(canceled.body.status).toBe('frozen');
  expect(canceled.body.frozen_at).not.toBeNull();
  expect((await server.call(`POST /v1/tenants/${id}/activate`)).body).toMatchObject({
    status: 'active',
    frozen_at: null,
  });
  await server.call(`POST /v1/tenants/${id}/cancel`);
  const archived = await server.call(`POST /v1/tenants/${id}/archive`);
  expect(archived.body.status).toBe('archived');
  expect(archived.body.archived_at).not.toBeNull();
  const rows = await auditOf(server, id);
  expect(rows.map(({ action }) => action)).toEqual(
    ['created', 'activated', 'canceled', 'activated', 'canceled', 'archived'].map((step) => `tenant.${step}`),
  );
  expect(rows[2]).toMatchObject({ description: 'unpaid', metadata: { reason: 'unpaid' } });
});

test.each([
  ['trial', 'archive', ['activate', 'cancel']],
  ['active', 'activate', ['cancel']],
  ['active', 'archive', ['cancel']],
  ['frozen', 'cancel', ['activate', 'archive']],
  ['archived', 'activate', []],
  ['archived', 'cancel', []],
  ['archived', 'archive', []],
] as const)('%s does not take %s, and the answer says what it takes', async (status, step, allowed) => {
  const { id } = await tenantIn(server, status);
  const before = await auditOf(server, id);
  const { status: http, body } = await server.call(`POST /v1/tenants/${id}/${step}`);
  expect([http, body.code, body.allowed]).toEqual([409, 'illegal_transition', allowed]);
  expect(await auditOf(server, id)).toEqual(before);
});

test('a frozen or archived tenant takes no change', async () => {
  for (const [status, code] of [
    ['frozen', 'tenant_frozen'],
    ['archived', 'tenant_archived'],
  ] as const) {
    const { id } = await tenantIn(server, status);
    const { status: http, body } = await server.call(`PATCH /v1/tenants/${id}`, { body: { name: 'X' } });
    expect([http, body.code]).toEqual([409, code]);
  }
});

// proves A14
test('only an archived tenant is deleted, and its audit log outlives it', async () => {
  const { id, slug } = await newTenant(server);
  await server.call('POST /v1/api-keys', { body: { tenant_id: id, name: 'k' } });
  const early = await server.call(`DELETE /v1/tenants/${id}`);
  expect([early.status, early.body.code]).toEqual([409, 'tenant_not_archived']);
  expect(early.body.holdings).toMatchObject({ projects: 0, products: 0, idp_configs: 0, api_keys: 1 });
  await server.call(`POST /v1/tenants/${id}/cancel`);
  await server.call(`POST /v1/tenants/${id}/archive`);
  const { status, body } = await server.call(`DELETE /v1/tenants/${id}`);
  expect([status, body]).toEqual([204, null]);
  expect((await server.call(`GET /v1/tenants/${id}`)).status).toBe(404);
  const rows = await auditOf(server, id);
  expect(rows[rows.length - 1]).toMatchObject({ action: 'tenant.deleted', tenant_id: null, tenant_slug: slug });
  expect(rows.every((row) => row.tenant_id === null && row.tenant_slug === slug)).toBe(true);
});
