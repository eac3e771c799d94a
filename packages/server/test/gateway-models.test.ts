// engine: pglite
/** examples/gateways/envoy and traefik, as far as they can be tried without those programs. */
import { describe, expect, test } from 'vitest';
import { newKey } from './support/api-keys.ts';
import { bearer, goodKeyOf, identity } from './support/gateway.ts';
import { type ClientRequest, envoy, exampleYaml, type GatewayModel, traefik } from './support/gateway-models.ts';
import { newProject, tenantIn, testServer } from './support/server.ts';

const server = testServer();

const goodKey = (fields?: Record<string, unknown>) => goodKeyOf(server, fields);

describe.each([
  ['Envoy', envoy],
  ['Traefik', traefik],
] as const)('%s', (_, model) => {
  const gateway = (token = server.internalToken): GatewayModel => model({ registry: new URL(server.url).host, token });
  const send = (client: Partial<ClientRequest>) =>
    gateway().send({ method: 'GET', path: '/reports', headers: {}, ...client });
  const statusOf = async (client: Partial<ClientRequest>) => {
    const { status, reaches } = await send(client);
    expect(reaches === undefined).toBe(status !== 200);
    return status;
  };

  test('a good key reaches the product by every method, with the six headers and without key and token', async () => {
    const { tenant, key } = await goodKey();
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      for (const headers of [bearer(key.key), { 'x-api-key': key.key }]) {
        const { status, reaches } = await send({ method, headers });
        expect(status, method).toBe(200);
        expect(Object.fromEntries(identity.map((name) => [name, reaches?.get(name)]))).toEqual({
          'x-tenant-id': tenant.id,
          'x-tenant-slug': tenant.slug,
          'x-tenant-status': 'active',
          'x-project-id': '',
          'x-api-key-id': key.id,
          'x-api-key-scopes': 'reports:read',
        });
        expect(JSON.stringify([...(reaches ?? [])])).not.toMatch(new RegExp(`${key.key}|${server.internalToken}`));
      }
    }
  });

  test('headers that the client made up do not reach the product, and change nothing of the question', async () => {
    const { key } = await goodKey();
    const forged = Object.fromEntries(identity.map((name) => [name, 'forged']));
    const others = { 'x-registry-token': 'forged', 'x-registry-question': 'access=read', connection: 'x-tenant-id' };
    const { status, reaches } = await send({ headers: { ...forged, ...others, ...bearer(key.key) } });
    expect(status).toBe(200);
    expect(JSON.stringify([...(reaches ?? [])])).not.toMatch(/forged|registry/);
    const without = await goodKey({ scopes: [] });
    const headers = { ...bearer(without.key.key), 'x-registry-question': 'access=read' };
    expect(await statusOf({ headers })).toBe(403);
  });

  test('the query and the path of the client change nothing of the question', async () => {
    const { key } = await goodKey({ scopes: ['reports:write'] });
    const paths = [
      '/?scopes=reports:write',
      '/reports?scopes=&access=read&product=',
      '/?',
      '/a?x=/b?scopes=',
      '//x/../y',
    ];
    for (const path of paths) expect(await statusOf({ path, headers: bearer(key.key) }), path).toBe(403);
  });

  test('no key, a wrong one and a revoked one are 401 with a challenge, a product that is not bought is 403', async () => {
    const { key } = await goodKey();
    await server.call(`DELETE /v1/api-keys/${key.id}`);
    for (const headers of [{}, bearer('bp_AAAAAAAAAAAAAAAAAAAAAA'), bearer(key.key), bearer(`"${key.key}"`)]) {
      const { status, headers: told } = await send({ headers });
      expect([status, told.get('www-authenticate')?.startsWith('Bearer')]).toEqual([401, true]);
    }
    const { id: tenant_id } = await tenantIn(server, 'active');
    const unentitled = await newKey(server, { tenant_id, scopes: ['reports:read'] });
    expect(await statusOf({ headers: bearer(unentitled.key) })).toBe(403);
  });

  test('a frozen tenant reads and does not write; a key of a project names it', async () => {
    const { tenant, key } = await goodKey();
    const { id: project_id } = await newProject(server, tenant.id);
    const ofProject = await newKey(server, { tenant_id: tenant.id, project_id, scopes: ['reports:read'] });
    expect((await send({ headers: bearer(ofProject.key) })).reaches?.get('x-project-id')).toBe(project_id);
    await server.call(`POST /v1/tenants/${tenant.id}/cancel`);
    expect(await statusOf({ headers: bearer(key.key) })).toBe(200);
    expect(await statusOf({ method: 'POST', headers: bearer(key.key) })).toBe(403);
  });

  test('with a wrong token nothing gets through, and no client is told 401, 403 or 5xx', async () => {
    const { key } = await goodKey();
    for (const headers of [bearer(key.key), {}]) {
      const { status, reaches } = await gateway('wrong').send({ method: 'GET', path: '/reports', headers });
      expect([status, reaches]).toEqual([400, undefined]);
    }
  });
});

test('Envoy lets nothing through without an answer, and tells 503', () => {
  const [listener] = exampleYaml('envoy/envoy.yaml').static_resources.listeners;
  const [, { typed_config: authz }, router] = listener.filter_chains[0].filters[0].typed_config.http_filters;
  expect(authz).toMatchObject({ failure_mode_allow: false, status_on_error: { code: 'ServiceUnavailable' } });
  expect(router.name).toBe('envoy.filters.http.router');
});

test('every router of Traefik asks between the setting of the token and its removal', () => {
  const { routers, middlewares } = exampleYaml('traefik/gateway.yaml').http;
  for (const { middlewares: names } of Object.values<{ middlewares: string[] }>(routers)) {
    const chain = names.map((name) => middlewares[name]);
    expect(chain[0].headers.customRequestHeaders).toHaveProperty('X-Registry-Token');
    expect(chain[1]).toHaveProperty('forwardAuth');
    expect(chain[2].headers.customRequestHeaders['X-Registry-Token']).toBe('');
  }
  expect(exampleYaml('traefik/traefik.yaml').providers.file.filename).toBe('gateway.yaml');
});
