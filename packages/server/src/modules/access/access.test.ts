import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startIssuer, type TestIssuer } from '../../../test/support/oidc-provider.ts';
import { newTenant, oidcFor, runWorker, startTestServer, type TestServer } from '../../../test/support/server.ts';

let issuer: TestIssuer;
let server: TestServer;
beforeAll(async () => {
  issuer = await startIssuer();
  server = await startTestServer({ oidc: oidcFor(issuer) });
});
afterAll(async () => {
  await server.close();
  await issuer.stop();
});

const rowsOf = (action: string) =>
  server.app.deps.db.selectFrom('audit_log').selectAll().where('action', '=', action).orderBy('id').execute();

// proves A65
test('every caller is told its identity, tenant, roles and permissions', async () => {
  const tenant = await newTenant(server);
  const operator = await server.call('GET /v1/me');
  expect(operator.body).toMatchObject({ type: 'operator', id: 'operator_token', tenant_id: null, roles: ['operator'] });
  expect(operator.body.permissions).toContain('tenants:delete');
  const internal = await server.call('GET /v1/me', { token: server.internalToken });
  expect(internal.body).toMatchObject({
    type: 'internal',
    permissions: ['api_keys:verify', 'audit:append', 'events:follow', 'claims:read', 'access:check'],
  });
  const token = await issuer.token({ tenant_id: tenant.id, org_roles: ['CXO', 'UNKNOWN'], name: 'Jane Doe' });
  expect((await server.call('GET /v1/me', { token })).body).toMatchObject({
    type: 'user',
    name: 'Jane Doe',
    tenant_id: tenant.id,
    project_id: null,
    roles: ['billing'],
    permissions: ['tenants:read', 'catalog:read', 'catalog:request', 'entitlements:read'],
  });
  const scopes = ['registry:tenants:read', 'reports:read'];
  const key = await server.call('POST /v1/api-keys', { body: { tenant_id: tenant.id, name: 'ci', scopes } });
  expect((await server.call('GET /v1/me', { token: key.body.key })).body).toEqual({
    type: 'api_key',
    id: key.body.id,
    name: 'ci',
    tenant_id: tenant.id,
    project_id: null,
    user_id: null,
    service_identity_id: null,
    roles: [],
    permissions: ['tenants:read'],
  });
});

test('actions of people and keys are on record under their own id and name', async () => {
  const tenant = await newTenant(server);
  const token = await issuer.token({ tenant_id: tenant.id, org_roles: ['IT_ADMIN'], name: 'Jane Doe', sub: 'jane' });
  const { body: me } = await server.call('GET /v1/me', { token });
  const made = await server.call('POST /v1/api-keys', { token, body: { tenant_id: tenant.id, name: 'ci' } });
  expect(made.status).toBe(201);
  const { body } = await server.call(`GET /v1/audit?target_id=${made.body.id}`);
  expect(body.items).toMatchObject([
    { action: 'api_key.created', actor: { type: 'user', id: me.id, name: 'Jane Doe' } },
  ]);
});

test('refused credentials are one audit row for each kind, reason and address, with their number, and without what was sent', async () => {
  const junk = `junk_${'x'.repeat(40)}`;
  for (const token of [junk, junk, junk, `bp_${'C'.repeat(22)}`]) await server.call('GET /v1/tenants', { token });
  await runWorker(server, 'access-audit');
  const rows = await rowsOf('access.sign_in_failed');
  expect(rows.filter(({ metadata }) => metadata['reason'] === 'unknown')).toMatchObject([
    {
      tenant_id: null,
      actor_type: 'anonymous',
      actor_id: '127.0.0.1',
      source_ip: '127.0.0.1',
      is_failure: true,
      metadata: { credential: 'token', reason: 'unknown', count: 3 },
    },
  ]);
  expect(rows.map(({ metadata }) => metadata['credential']).sort()).toEqual(['api_key', 'token']);
  expect(JSON.stringify(rows)).not.toContain(junk);
});

test('a denied change is on record in the log of the tenant; a denied read is not', async () => {
  const tenant = await newTenant(server);
  const token = await issuer.token({ tenant_id: tenant.id, org_roles: ['USER'], name: 'Max' });
  const attempt = () => server.call('POST /v1/api-keys', { token, body: { tenant_id: tenant.id, name: 'x' } });
  for (const { status } of [await attempt(), await attempt()]) expect(status).toBe(403);
  expect((await server.call(`GET /v1/api-keys?tenant_id=${tenant.id}`, { token })).status).toBe(403);
  await runWorker(server, 'access-audit');
  expect((await rowsOf('access.denied')).filter(({ tenant_id }) => tenant_id === tenant.id)).toMatchObject([
    {
      actor_type: 'user',
      actor_name: 'Max',
      target_id: 'apiKeys.create',
      is_failure: true,
      metadata: { permission: 'api_keys:write', count: 2 },
    },
  ]);
});

test('a person whose token names an unknown tenant is on record without it, and holds up no other entry', async () => {
  const ghost = randomUUID();
  const token = await issuer.token({ tenant_id: ghost, org_roles: ['USER'], name: 'Ghost', sub: 'ghost' });
  const body = { tenant_id: ghost, name: 'x' };
  expect((await server.call('POST /v1/api-keys', { token, body })).status).toBe(403);
  const { body: key } = await server.call('POST /v1/api-keys', {
    body: { tenant_id: (await newTenant(server)).id, name: 'after it' },
  });
  expect((await server.call('GET /v1/me', { token: key.key })).status).toBe(200);
  await runWorker(server, 'access-audit');
  const rows = [...(await rowsOf('access.credential_used')), ...(await rowsOf('access.denied'))];
  const ofGhost = { tenant_id: null, actor_name: 'Ghost', description: expect.stringContaining(ghost) };
  expect(rows.filter(({ actor_id }) => actor_id === `${issuer.url}|ghost`)).toMatchObject([ofGhost, ofGhost]);
  expect(rows.filter(({ actor_id }) => actor_id === key.id)).toHaveLength(1);
});

test('the first use of a credential in an hour is on record with its kind, and no other', async () => {
  const tenant = await newTenant(server);
  const { body: key } = await server.call('POST /v1/api-keys', { body: { tenant_id: tenant.id, name: 'daily' } });
  const use = () => server.call('GET /v1/me', { token: key.key });
  const noted = async () => {
    await runWorker(server, 'access-audit');
    return (await rowsOf('access.credential_used')).filter(({ actor_id }) => actor_id === key.id);
  };
  await Promise.all([use(), use()]);
  expect(await noted()).toMatchObject([
    { tenant_id: tenant.id, actor_name: 'daily', metadata: { credential: 'api_key' } },
  ]);
  server.clock.advance(3_500_000);
  await use();
  expect(await noted()).toHaveLength(1);
  server.clock.advance(200_000);
  await use();
  expect(await noted()).toHaveLength(2);
});
