/** Uses the generated types of the registry with openapi-fetch for everything that a product and an operator do with a key. */
import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from './tenant-registry.js';

type Tenant = components['schemas']['Tenant'];
type Problem = components['schemas']['Problem'];

function client(token: string) {
  const authorization: Middleware = {
    onRequest: ({ request }) => request.headers.set('Authorization', `Bearer ${token}`),
  };
  const made = createClient<paths>({ baseUrl: variable('REGISTRY_URL') });
  made.use(authorization);
  return made;
}

const operator = client(variable('OPERATOR_TOKEN'));
const product = client(variable('INTERNAL_TOKEN'));

await main();

async function main(): Promise<void> {
  const slug = variable('SLUG');
  let tenant: Tenant | undefined;
  for (const number of Array.from({ length: 5 }).keys()) {
    tenant = ok(await operator.POST('/v1/tenants', { body: { slug: `${slug}-${number}`, name: 'Acme' } }));
  }
  if (tenant === undefined) throw new Error('no tenant was created');
  const path = { id: tenant.id };
  console.log('created', tenant.slug, tenant.kind);
  console.log('read', ok(await operator.GET('/v1/tenants/{id}', { params: { path } })).slug);
  console.log('pages', ...(await pages(slug)));
  await change(tenant);
  await keepConditions(tenant);
  await report(tenant);
  await signIn(tenant);

  const body = { tenant_id: tenant.id, name: 'reports' };
  const { id, key = '' } = ok(await operator.POST('/v1/api-keys', { body }));
  await verify(key);
  await verify(`${key.slice(0, 12)}AAAAAAAAAAAAA`);
  await operator.DELETE('/v1/api-keys/{id}', { params: { path: { id } } });
  await verify(key);

  ok(await operator.POST('/v1/tenants/{id}/cancel', { params: { path } }));
  ok(await operator.POST('/v1/tenants/{id}/archive', { params: { path } }));
  const { response } = await operator.DELETE('/v1/tenants/{id}', { params: { path } });
  console.log('deleted', response.status);
  console.log('gone', refused(await operator.GET('/v1/tenants/{id}', { params: { path } })));
}

async function verify(key: string): Promise<void> {
  const { data: verdict, error } = await product.POST('/v1/internal/api-keys/verify', { body: { key } });
  if (error) throw new Error(error.detail);
  if (verdict.valid) console.log('key accepted', verdict.code, verdict.tenant_slug);
  else console.log('key refused', verdict.code, verdict.tenant_slug);
}

async function pages(q: string): Promise<number[]> {
  const sizes: number[] = [];
  let cursor: string | null | undefined;
  do {
    const query = { q, limit: 2, ...(cursor ? { cursor } : {}) };
    const page = ok(await operator.GET('/v1/tenants', { params: { query } }));
    sizes.push(page.items.length);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return sizes;
}

async function change({ id }: Tenant): Promise<void> {
  const path = { id };
  const { response } = await operator.GET('/v1/tenants/{id}', { params: { path } });
  const header = { 'If-Match': response.headers.get('ETag') ?? '' };
  const update = (name: string) =>
    operator.PATCH('/v1/tenants/{id}', { params: { path, header }, body: { name, plan: 'professional' } });
  const changed = ok(await update('Renamed'));
  console.log('changed', changed.name, changed.plan);
  console.log('outdated', refused(await update('Too late')));
  const cleared = ok(await operator.PATCH('/v1/tenants/{id}', { params: { path }, body: { plan: null } }));
  console.log('cleared', cleared.name, cleared.plan === null);
}

async function keepConditions({ id: tenant_id }: Tenant): Promise<void> {
  const issuer = 'https://idp.example/realms/staff';
  const { id } = ok(
    await operator.POST('/v1/idp-configs', {
      body: { tenant_id, kind: 'oidc', alias: 'Before', issuer, required_acr: ['gold'] },
    }),
  );
  const kept = ok(await operator.PATCH('/v1/idp-configs/{id}', { params: { path: { id } }, body: { alias: 'After' } }));
  console.log('kept', kept.alias, ...kept.required_acr);
}

async function report({ id: tenant_id }: Tenant): Promise<void> {
  const actor = { type: 'user', id: 'u-1' };
  const body = { tenant_id, actor, action: 'report.exported', source_ip: '2001:db8::1' };
  console.log('reported', ok(await product.POST('/v1/audit', { body })).source_ip);
}

async function signIn({ slug }: Tenant): Promise<void> {
  const body = { user_attrs: { tenant_slug: ['nobody', slug] } };
  console.log('signed in', ok(await product.POST('/v1/internal/keycloak/claims', { body })).tenant_slug);
}

interface Answer<Data> {
  readonly data?: Data;
  readonly error?: Problem;
}

function ok<Data>({ data, error }: Answer<Data>): NonNullable<Data> {
  if (data === undefined || data === null) throw new Error(error?.detail ?? 'no answer');
  return data;
}

function refused({ error }: Answer<unknown>): string {
  if (error === undefined) throw new Error('it was accepted');
  return `${error.status} ${error.code}`;
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}
