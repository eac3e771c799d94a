import { expect, test } from 'vitest';
import { DAY_MS, newTenant, tenantIn, testServer, UNKNOWN, uniqueSlug } from '../../../test/support/server.ts';

const server = testServer();

const ask = (body: unknown) => server.call('POST /v1/internal/keycloak/claims', { body, token: server.internalToken });

test('a token gets the tenant, its status and plan, the products it is entitled to now, and the roles as they came', async () => {
  const tenant = await newTenant(server, { plan: 'professional' });
  const at = (ms: number) => new Date(server.clock.now().getTime() + ms).toISOString();
  const entitled = [
    { product: 'zeta', starts_at: at(-DAY_MS) },
    { product: 'alpha', starts_at: at(-DAY_MS), ends_at: at(DAY_MS) },
    { product: 'over', starts_at: at(-DAY_MS), ends_at: at(-1) },
    { product: 'later', starts_at: at(DAY_MS) },
  ].map((each) => ({ ...each, tenant_id: tenant.id }));
  await server.app.deps.db.insertInto('tenant_products').values(entitled).execute();
  const expected = {
    tenant_id: tenant.id,
    tenant_slug: tenant.slug,
    org_roles: ['IT_ADMIN', 'CXO', 'IT_ADMIN'],
    products: ['alpha', 'zeta'],
    plan: 'professional',
    tenant_status: 'trial',
  };
  const { status, body } = await ask({ tenant_id: tenant.id, org_roles: ['IT_ADMIN', 'CXO', 'IT_ADMIN'] });
  expect([status, body]).toEqual([200, expected]);
});

test('without roles, products and plan there are none', async () => {
  const tenant = await newTenant(server);
  expect((await ask({ tenant_id: tenant.id })).body).toMatchObject({ org_roles: [], products: [], plan: null });
});

test('a tenant is found by id, by slug, and by either as an attribute of the user, a text or a list', async () => {
  const { id, slug } = await newTenant(server);
  for (const question of [
    { tenant_id: id },
    { tenant_id: id.toUpperCase() },
    { tenant_slug: slug },
    { user_attrs: { tenant_id: id } },
    { user_attrs: { tenant_id: [id] } },
    { user_attrs: { tenant_slug: slug } },
    { user_attrs: { tenant_slug: [slug] } },
    { user_attrs: { tenant_id: ['no id', UNKNOWN, id] } },
  ]) {
    const { status, body } = await ask(question);
    expect([status, body.tenant_id], JSON.stringify(question)).toEqual([200, id]);
  }
});

test('the id comes before the slug, both before the attributes; what finds nothing is passed over', async () => {
  const [a, b, c, d] = await Promise.all([1, 2, 3, 4].map(() => newTenant(server)));
  const question = {
    tenant_id: a.id,
    tenant_slug: b.slug,
    user_attrs: { tenant_id: [c.id], tenant_slug: [d.slug] },
  };
  const found = async (changes: object) => (await ask({ ...question, ...changes })).body.tenant_id;
  const nobody = uniqueSlug();
  expect(await found({})).toBe(a.id);
  expect(await found({ tenant_id: UNKNOWN })).toBe(b.id);
  expect(await found({ tenant_id: UNKNOWN, tenant_slug: nobody })).toBe(c.id);
  const attributes = { tenant_id: 'garbage', tenant_slug: [d.slug] };
  expect(await found({ tenant_id: UNKNOWN, tenant_slug: nobody, user_attrs: attributes })).toBe(d.id);
});

test('a question that no tenant matches is not found', async () => {
  for (const question of [
    {},
    { tenant_id: UNKNOWN },
    { tenant_slug: uniqueSlug() },
    { user_attrs: {} },
    { user_attrs: { tenant_id: [], tenant_slug: '' } },
    { user_attrs: { tenant_id: 'garbage', tenant_slug: ["'; drop table tenants"] } },
  ]) {
    const { status, body } = await ask(question);
    expect([status, body.code], JSON.stringify(question)).toEqual([404, 'not_found']);
  }
});

test('a frozen tenant is told as frozen, an archived one answers nothing but audit reads', async () => {
  const frozen = await tenantIn(server, 'frozen');
  expect((await ask({ tenant_slug: frozen.slug })).body.tenant_status).toBe('frozen');
  const archived = await tenantIn(server, 'archived');
  const { status, body } = await ask({ tenant_slug: archived.slug });
  expect([status, body.code]).toEqual([409, 'tenant_archived']);
});

test.each([
  ['/tenant_id', { tenant_id: 'acme' }],
  ['/tenant_slug', { tenant_slug: 'No Slug' }],
  ['/user_attrs', { user_attrs: 'x' }],
  ['/user_attrs/tenant_id', { user_attrs: { tenant_id: 7 } }],
  ['/user_attrs/tenant_slug/0', { user_attrs: { tenant_slug: [7] } }],
  ['/user_attrs/email', { user_attrs: { email: 'x@example.com' } }],
  ['/org_roles', { org_roles: 'IT_ADMIN' }],
  ['/org_roles/0', { org_roles: [''] }],
  ['/tenant', { tenant: 'x' }],
])('a wrong %s is named: %j', async (pointer, question) => {
  const { status, body } = await ask(question);
  expect([status, body.errors?.[0].pointer]).toEqual([400, pointer]);
});

test('asking is for products and gateways alone, and changes nothing', async () => {
  const { id } = await newTenant(server);
  const refused = await server.call('POST /v1/internal/keycloak/claims', { body: { tenant_id: id } });
  expect([refused.status, refused.body.permission]).toEqual([403, 'claims:read']);
  await ask({ tenant_id: id });
  expect((await server.call(`GET /v1/audit?tenant_id=${id}`)).body.items).toHaveLength(1);
});
