/** Uses the generated client of the registry for everything that a product and an operator do with a key. */
import { createClient } from './tenant-registry/client/index.js';
import {
  appendAuditEvent,
  archiveTenant,
  cancelTenant,
  createApiKey,
  createIdpConfig,
  createTenant,
  deleteTenant,
  getKeycloakClaims,
  getTenant,
  listTenants,
  type Problem,
  revokeApiKey,
  type Tenant,
  updateIdpConfig,
  updateTenant,
  verifyApiKey,
} from './tenant-registry/index.js';

function client(token: string) {
  return createClient({ baseUrl: variable('REGISTRY_URL'), auth: token });
}

const operator = client(variable('OPERATOR_TOKEN'));
const product = client(variable('INTERNAL_TOKEN'));

await main();

async function main(): Promise<void> {
  const slug = variable('SLUG');
  let tenant: Tenant | undefined;
  for (const number of Array.from({ length: 5 }).keys()) {
    tenant = ok(await createTenant({ client: operator, body: { slug: `${slug}-${number}`, name: 'Acme' } }));
  }
  if (tenant === undefined) throw new Error('no tenant was created');
  const path = { id: tenant.id };
  console.log('created', tenant.slug, tenant.kind);
  console.log('read', ok(await getTenant({ client: operator, path })).slug);
  console.log('pages', ...(await pages(slug)));
  await change(tenant);
  await keepConditions(tenant);
  await report(tenant);
  await signIn(tenant);

  const body = { tenant_id: tenant.id, name: 'reports' };
  const { id, key = '' } = ok(await createApiKey({ client: operator, body }));
  await verify(key);
  await verify(`${key.slice(0, 12)}AAAAAAAAAAAAA`);
  await revokeApiKey({ client: operator, path: { id } });
  await verify(key);

  ok(await cancelTenant({ client: operator, path }));
  ok(await archiveTenant({ client: operator, path }));
  const { response } = await deleteTenant({ client: operator, path });
  console.log('deleted', response?.status);
  console.log('gone', refused(await getTenant({ client: operator, path })));
}

async function verify(key: string): Promise<void> {
  const { data: verdict, error } = await verifyApiKey({ client: product, body: { key } });
  if (error) throw new Error(error.detail);
  if (verdict.valid) console.log('key accepted', verdict.code, verdict.tenant_slug);
  else console.log('key refused', verdict.code, verdict.tenant_slug);
}

async function pages(q: string): Promise<number[]> {
  const sizes: number[] = [];
  let cursor: string | null | undefined;
  do {
    const query = { q, limit: 2, ...(cursor ? { cursor } : {}) };
    const page = ok(await listTenants({ client: operator, query }));
    sizes.push(page.items.length);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return sizes;
}

async function change({ id }: Tenant): Promise<void> {
  const path = { id };
  const { response } = await getTenant({ client: operator, path });
  const headers = { 'If-Match': response?.headers.get('ETag') ?? '' };
  const update = (name: string) =>
    updateTenant({ client: operator, path, headers, body: { name, plan: 'professional' } });
  const changed = ok(await update('Renamed'));
  console.log('changed', changed.name, changed.plan);
  console.log('outdated', refused(await update('Too late')));
  const cleared = ok(await updateTenant({ client: operator, path, body: { plan: null } }));
  console.log('cleared', cleared.name, cleared.plan === null);
}

async function keepConditions({ id: tenant_id }: Tenant): Promise<void> {
  const issuer = 'https://idp.example/realms/staff';
  const body = { tenant_id, kind: 'oidc' as const, alias: 'Before', issuer, required_acr: ['gold'] };
  const { id } = ok(await createIdpConfig({ client: operator, body }));
  const kept = ok(await updateIdpConfig({ client: operator, path: { id }, body: { alias: 'After' } }));
  console.log('kept', kept.alias, ...kept.required_acr);
}

async function report({ id: tenant_id }: Tenant): Promise<void> {
  const actor = { type: 'user', id: 'u-1' };
  const body = { tenant_id, actor, action: 'report.exported', source_ip: '2001:db8::1' };
  console.log('reported', ok(await appendAuditEvent({ client: product, body })).source_ip);
}

async function signIn({ slug }: Tenant): Promise<void> {
  const body = { user_attrs: { tenant_slug: ['nobody', slug] } };
  console.log('signed in', ok(await getKeycloakClaims({ client: product, body })).tenant_slug);
}

interface Answer<Data> {
  readonly data: Data | undefined;
  readonly error: Problem | undefined;
}

function ok<Data>({ data, error }: Answer<Data>): Data {
  if (data === undefined) throw new Error(error?.detail ?? 'no answer');
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
