import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listOperations } from '../src/http/operations.ts';
import { entitle, newProject, startTestServer, type TestServer, tenantIn, trailOf, uniqueSlug } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** One of everything that a tenant can hold. */
interface Held {
  readonly tenant_id: string;
  readonly project: string;
  readonly key: string;
  readonly request: string;
  readonly idpConfig: string;
}

interface Write {
  /** What stands in the path for `{id}`. */
  readonly id?: string;
  readonly query?: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** For each operation that writes inside a tenant, a request that would succeed if the tenant were active. */
const writes: Readonly<Record<string, (held: Held) => Write>> = {
  update_tenant: ({ tenant_id }) => ({ id: tenant_id, body: { name: 'Other' } }),
  create_project: ({ tenant_id }) => ({ body: { tenant_id, slug: uniqueSlug(), name: 'Other' } }),
  update_project: ({ project }) => ({ id: project, body: { name: 'Other' } }),
  archive_project: ({ project }) => ({ id: project }),
  request_product: ({ tenant_id }) => ({ body: { tenant_id, product: 'certifai' } }),
  request_trial: ({ tenant_id }) => ({ body: { tenant_id, product: 'compliance' } }),
  grant_catalog_request: ({ request }) => ({ id: request }),
  reject_catalog_request: ({ request }) => ({ id: request }),
  set_entitlement: ({ tenant_id }) => ({ body: { tenant_id, product: 'compliance' } }),
  revoke_entitlement: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}&product=certifai` }),
  create_idp_config: ({ tenant_id }) => ({
    body: { tenant_id, kind: 'oidc', alias: 'Other', issuer: 'https://other.example', client_id: 'c' },
  }),
  update_idp_config: ({ idpConfig }) => ({ id: idpConfig, body: { alias: 'Other' } }),
  deactivate_idp_config: ({ idpConfig }) => ({ id: idpConfig }),
  verify_idp_config: ({ idpConfig }) => ({ id: idpConfig }),
  create_api_key: ({ tenant_id }) => ({ body: { tenant_id, name: 'other' } }),
  rotate_api_key: ({ key }) => ({ id: key }),
};

/** The operations that are no writes inside a tenant, or are meant to go through, each with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  create_tenant: 'there is no tenant yet',
  activate_tenant: 'ends the freeze: the lifecycle decides',
  cancel_tenant: 'the lifecycle decides',
  archive_tenant: 'ends a frozen tenant: the lifecycle decides',
  delete_tenant: 'deletes an archived tenant: the lifecycle decides',
  revoke_api_key: 'taking access away must always be possible',
  append_audit_event: 'products tell of what happened, also to a tenant that is read-only',
  append_audit_events: 'as above',
};

const mutations = listOperations().filter(({ type, safe }) => type === 'mutation' && !safe);

test('every operation that changes something is known here: as a write that a freeze stops, or as an exception', () => {
  const names = mutations.map(({ route }) => route.operation).sort();
  expect([...Object.keys(writes), ...Object.keys(exceptions)].sort()).toEqual(names);
});

async function newHeld(): Promise<Held> {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const made = async (path: string, body: Record<string, unknown>) => {
    const answer = await server.call(`POST /v1/${path}`, { body: { tenant_id, ...body } });
    expect(answer.status, path).toBe(201);
    return answer.body.id;
  };
  await entitle(server, tenant_id);
  return {
    tenant_id,
    project: (await newProject(server, tenant_id)).id,
    key: await made('api-keys', { name: 'ci' }),
    request: await made('catalog/request', { product: 'compliance' }),
    idpConfig: await made('idp-configs', {
      kind: 'oidc',
      alias: 'Main',
      issuer: 'https://login.example',
      client_id: 'c',
    }),
  };
}

const walked = mutations.filter(({ route }) => route.operation in writes);

describe.each([
  ['frozen', ['cancel']],
  ['archived', ['cancel', 'archive']],
] as const)('a tenant that is %s', (status, steps) => {
  let held: Held;
  let before: number;
  beforeAll(async () => {
    held = await newHeld();
    for (const step of steps) await server.call(`POST /v1/tenants/${held.tenant_id}/${step}`);
    before = (await trailOf(server, held.tenant_id)).length;
  });

  test.each(walked)('refuses $route.operation and writes nothing', async ({ route }) => {
    const write = writes[route.operation]?.(held);
    const path = route.path.replace('{id}', write?.id ?? '') + (write?.query ?? '');
    const { status: http, body } = await server.call(
      `${route.method} ${path}`,
      write?.body === undefined ? {} : { body: write.body },
    );
    expect([http, body.code]).toEqual([409, `tenant_${status}`]);
    expect(await trailOf(server, held.tenant_id)).toHaveLength(before);
  });

  test('still lets a key be revoked', async () => {
    expect((await server.call(`DELETE /v1/api-keys/${held.key}`)).status).toBe(204);
  });
});

test('the same requests go through in an active tenant, so it is the freeze that stops them', async () => {
  for (const { route } of walked) {
    // Outbound requests have their own tests.
    if (route.operation === 'verify_idp_config') continue;
    const write = writes[route.operation]?.(await newHeld());
    const path = route.path.replace('{id}', write?.id ?? '') + (write?.query ?? '');
    const { status, body } = await server.call(
      `${route.method} ${path}`,
      write?.body === undefined ? {} : { body: write.body },
    );
    expect([route.status ?? 200, route.operation], JSON.stringify(body)).toEqual([status, route.operation]);
  }
});
