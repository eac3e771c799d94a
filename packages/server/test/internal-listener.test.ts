// engine: postgres
/** Two listeners: the public one does not know what is for products and gateways. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAsGateway, bearer } from './support/gateway.ts';
import { startTestServer, type TestServer, tenantIn } from './support/server.ts';

let server: TestServer;
let internalUrl: string;
beforeAll(async () => {
  server = await startTestServer({ internalAddress: { host: '127.0.0.1', port: 0 } });
  const { internalServer } = server.app;
  if (internalServer === null) throw new Error('there is no internal listener');
  internalUrl = await internalServer.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => server.close());

const inside = (path: string, body?: object, token = server.internalToken) =>
  fetch(internalUrl + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

test('nobody signs in at the internal listener, and no session is looked at there', async () => {
  for (const path of ['/v1/auth/sign-in', '/v1/auth/session', '/v1/auth/providers?tenant=acme'])
    expect((await inside(path, path.endsWith('sign-in') ? {} : undefined)).status, path).toBe(404);
});

// proves A66
test('the public listener serves internal operations for no token and over no protocol', async () => {
  const body = { key: `bp_${'E'.repeat(22)}` };
  const paths = [
    '/v1/internal/api-keys/verify',
    '/v1/internal/keycloak/claims',
    '/v1/internal/authorize',
    '/v1/internal/authorize/reports',
    '/trpc/apiKeys.verify',
    '/trpc/claims.keycloak',
  ];
  for (const path of paths) {
    for (const token of [server.internalToken, server.operatorToken, null]) {
      const answer = await fetch(server.url + path, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(body),
      });
      expect([answer.status, ((await answer.json()) as { code: string }).code], path).toEqual([404, 'route_not_found']);
    }
  }
  const headers = { authorization: `Bearer ${server.internalToken}` };
  for (const path of ['/v1/internal/changes', '/metrics'])
    expect((await fetch(server.url + path, { headers })).status, path).toBe(404);
  expect((await server.call('GET /v1/tenants')).status).toBe(200);
});

test('the internal listener serves what an internal token may do, health and metrics, and nothing else', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { body: key } = await server.call('POST /v1/api-keys', { body: { tenant_id, name: 'x' } });
  expect(await (await inside('/v1/internal/api-keys/verify', { key: key.key })).json()).toMatchObject({ valid: true });
  expect((await inside('/v1/internal/keycloak/claims', { tenant_id })).status).toBe(200);
  const asked = { url: internalUrl, headers: bearer(key.key) };
  expect((await askAsGateway(server, asked)).headers['x-tenant-id']).toBe(tenant_id);
  expect((await askAsGateway(server, { ...asked, path: '/reports', token: null })).code).toBe('gateway_unknown');
  const event = { tenant_id, action: 'report.opened', actor: { type: 'user', id: 'u1' } };
  expect((await inside('/v1/audit', event)).status).toBe(201);
  expect((await inside('/v1/me')).status).toBe(200);
  const question = { permission: 'tenants:read', resource: { type: 'tenant', id: tenant_id } };
  const check = { ...question, principal: { type: 'api_key', id: key.id } };
  expect(await (await inside('/v1/access/check', check)).json()).toMatchObject({ why: { reason: 'key_scope' } });
  const batch = await inside('/v1/access/check-batch', { checks: [check, question] });
  expect(((await batch.json()) as { results: unknown[] }).results).toHaveLength(2);
  expect((await inside('/healthz')).status).toBe(200);
  expect(await (await fetch(`${internalUrl}/metrics`)).text()).toContain('tenant_registry_verifications_total');
  for (const path of ['/v1/tenants', '/docs', '/openapi.json']) {
    expect((await inside(path, undefined, server.operatorToken)).status, path).toBe(404);
  }
});
