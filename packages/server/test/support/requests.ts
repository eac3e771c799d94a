/** A request that succeeds for every operation: for the tests that visit all of them. */
import type { Operation } from '../../src/http/operations.ts';
import { entitle, newProject, type TestServer, tenantIn, uniqueSlug } from './server.ts';

/** One of everything that a tenant can hold. */
export interface Held {
  readonly tenant_id: string;
  readonly tenant_slug: string;
  readonly project: string;
  readonly key: string;
  readonly secret: string;
  readonly request: string;
  readonly idpConfig: string;
  readonly auditEvent: string;
}

interface Request {
  /** What stands in the path. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

const id = (value: string) => ({ path: { id: value } });

/** For each operation that writes inside a tenant, a request that succeeds while the tenant is active. */
export const writes: Readonly<Record<string, (held: Held) => Request>> = {
  update_tenant: ({ tenant_id }) => ({ ...id(tenant_id), body: { name: 'Other' } }),
  create_project: ({ tenant_id }) => ({ body: { tenant_id, slug: uniqueSlug(), name: 'Other' } }),
  update_project: ({ project }) => ({ ...id(project), body: { name: 'Other' } }),
  archive_project: ({ project }) => id(project),
  request_product: ({ tenant_id }) => ({ body: { tenant_id, product: 'certifai' } }),
  request_trial: ({ tenant_id }) => ({ body: { tenant_id, product: 'compliance' } }),
  grant_catalog_request: ({ request }) => id(request),
  reject_catalog_request: ({ request }) => id(request),
  set_entitlement: ({ tenant_id }) => ({ body: { tenant_id, product: 'compliance' } }),
  revoke_entitlement: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}&product=certifai` }),
  create_idp_config: ({ tenant_id }) => ({
    body: { tenant_id, kind: 'oidc', alias: 'Other', issuer: 'https://other.example', client_id: 'c' },
  }),
  update_idp_config: ({ idpConfig }) => ({ ...id(idpConfig), body: { alias: 'Other' } }),
  deactivate_idp_config: ({ idpConfig }) => id(idpConfig),
  verify_idp_config: ({ idpConfig }) => id(idpConfig),
  create_api_key: ({ tenant_id }) => ({ body: { tenant_id, name: 'other' } }),
  rotate_api_key: ({ key }) => id(key),
};

const event = { action: 'report.opened', actor: { type: 'user', id: 'u1', name: 'Ada' } };

/** The same for every other operation. */
export const others: Readonly<Record<string, (held: Held) => Request>> = {
  create_tenant: () => ({ body: { slug: uniqueSlug(), name: 'New' } }),
  list_tenants: () => ({ query: '?limit=1' }),
  get_tenant: ({ tenant_id }) => id(tenant_id),
  get_tenant_by_slug: ({ tenant_slug }) => ({ path: { slug: tenant_slug } }),
  activate_tenant: ({ tenant_id }) => id(tenant_id),
  cancel_tenant: ({ tenant_id }) => id(tenant_id),
  archive_tenant: ({ tenant_id }) => id(tenant_id),
  delete_tenant: ({ tenant_id }) => id(tenant_id),
  list_projects: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }),
  get_project: ({ project }) => id(project),
  list_catalog: () => ({}),
  list_catalog_requests: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }),
  list_entitlements: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }),
  check_entitlement: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}&product=certifai` }),
  list_idp_configs: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }),
  get_idp_config: ({ idpConfig }) => id(idpConfig),
  list_api_keys: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }),
  revoke_api_key: ({ key }) => id(key),
  verify_api_key: ({ secret }) => ({ body: { key: secret } }),
  append_audit_event: ({ tenant_id }) => ({ body: { tenant_id, ...event } }),
  append_audit_events: ({ tenant_id }) => ({ body: { events: [{ tenant_id, ...event }] } }),
  list_audit_events: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }),
  get_audit_event: ({ auditEvent }) => id(auditEvent),
  // One event is one line, which is also one JSON text.
  export_audit_events: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}&action=report.opened` }),
  get_me: () => ({}),
  stream_changes: () => ({}),
  get_keycloak_claims: ({ tenant_slug }) => ({ body: { tenant_slug } }),
};

/** Makes an active tenant that holds one of everything. */
export async function newHeld(server: TestServer): Promise<Held> {
  const { id: tenant_id, slug: tenant_slug } = await tenantIn(server, 'active');
  const made = async (path: string, body: Record<string, unknown>) => {
    const answer = await server.call(`POST /v1/${path}`, { body: { tenant_id, ...body } });
    if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  await entitle(server, tenant_id);
  const project = (await newProject(server, tenant_id)).id;
  const { id: key, key: secret } = await made('api-keys', { name: 'ci' });
  const request = (await made('catalog/request', { product: 'compliance' })).id;
  const idp = { kind: 'oidc', alias: 'Main', issuer: 'https://login.example', client_id: 'c' };
  const idpConfig = (await made('idp-configs', idp)).id;
  const auditEvent = (await made('audit', event)).id;
  return { tenant_id, tenant_slug, project, key, secret, request, idpConfig, auditEvent };
}

/** What the tenant must have gone through before the operation succeeds. */
const before: Readonly<Record<string, readonly string[]>> = {
  activate_tenant: ['cancel'],
  archive_tenant: ['cancel'],
  delete_tenant: ['cancel', 'archive'],
};

/** Takes the tenant to where the operation succeeds. */
export async function prepare(server: TestServer, { route }: Operation, { tenant_id }: Held): Promise<void> {
  for (const step of before[route.operation] ?? []) await server.call(`POST /v1/tenants/${tenant_id}/${step}`);
}

/** The call of an operation with a request that succeeds: `['PATCH /v1/tenants/…', { body, token }]`. */
export function requestOf(server: TestServer, { route }: Operation, held: Held) {
  const { path = {}, query = '', body } = partsOf(route.operation, held);
  const filled = route.path.replace(/\{(\w+)\}/g, (_, field: string) => path[field] ?? '');
  const token = route.path.startsWith('/v1/internal/') ? server.internalToken : server.operatorToken;
  return [`${route.method} ${filled}${query}`, { token, ...(body === undefined ? {} : { body }) }] as const;
}

/** The same request as the input of the procedure. */
export function inputOf({ route }: Operation, held: Held): Record<string, unknown> {
  const { path, query = '', body } = partsOf(route.operation, held);
  const asked = [...new URLSearchParams(query)].map(([name, value]) => [
    name,
    name === 'limit' ? Number(value) : value,
  ]);
  return { ...Object.fromEntries(asked), ...path, ...body };
}

function partsOf(operation: string, held: Held): Request {
  const make = writes[operation] ?? others[operation];
  if (make === undefined) throw new Error(`${operation} needs a request in test/requests.ts`);
  return make(held);
}
