/** Two issuers may give one subject to two people: the registry tells them apart everywhere. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { appendEvent } from './support/audit-events.ts';
import { startIssuer, type TestIssuer } from './support/oidc-provider.ts';
import { newTenant, startTestServer, type TestServer, tenantIn } from './support/server.ts';

let issuers: readonly TestIssuer[];
let server: TestServer;
beforeAll(async () => {
  issuers = [await startIssuer(), await startIssuer({ path: '/realms/acme' })];
  const [{ audience } = { audience: '' }] = issuers;
  const { oidc } = readConfig({
    AUTH_OIDC_ISSUER: issuers.map(({ url }) => url).join(),
    AUTH_OIDC_AUDIENCE: audience,
  });
  server = await startTestServer({ oidc });
});
afterAll(async () => {
  await server.close();
  await Promise.all(issuers.map((issuer) => issuer.stop()));
});

/** An admin of the tenant with the subject `jane` from each issuer. */
async function bothJanes(tenant_id: string) {
  return Promise.all(
    issuers.map(async (issuer) => {
      const token = await issuer.token({ sub: 'jane', name: 'Jane', tenant_id, org_roles: ['IT_ADMIN'] });
      return { token, id: `${issuer.url}|jane` };
    }),
  );
}

const actionsOf = async (query: string) =>
  (await server.call(`GET /v1/audit?${query}`)).body.items.map(({ action, actor }: AuditItem) => [action, actor.id]);

interface AuditItem {
  readonly action: string;
  readonly actor: { readonly id: string };
}

test('two people with one subject have two ids, in GET /v1/me, in the audit log, and in what they ask for', async () => {
  const tenant = await tenantIn(server, 'active');
  const janes = await bothJanes(tenant.id);
  expect(new Set(janes.map(({ id }) => id)).size).toBe(2);
  for (const { token, id } of janes) {
    expect((await server.call('GET /v1/me', { token })).body).toMatchObject({ type: 'user', id, name: 'Jane' });
    const made = await server.call('POST /v1/api-keys', {
      token,
      body: { tenant_id: tenant.id, name: id.slice(0, 50) },
    });
    expect(made.status).toBe(201);
    const within = `tenant_id=${tenant.id}`;
    expect(await actionsOf(`${within}&actor_id=${encodeURIComponent(id)}`)).toEqual([['api_key.created', id]]);
  }
  const asked = await Promise.all(
    janes.map(({ token }, index) =>
      server.call('POST /v1/catalog/request', {
        token,
        body: { tenant_id: tenant.id, product: ['certifai', 'compliance'][index] },
      }),
    ),
  );
  expect(asked.map(({ body }) => body.requested_by)).toEqual(janes.map(({ id }) => id));
});

test('a product that reports a person by that id is found together with what the person did in the registry', async () => {
  const tenant = await tenantIn(server, 'active');
  const [jane, other] = await bothJanes(tenant.id);
  await server.call('POST /v1/api-keys', { token: jane?.token ?? '', body: { tenant_id: tenant.id, name: 'k' } });
  for (const { id } of [jane, other].flatMap((each) => each ?? []))
    await appendEvent(server, { tenant_id: tenant.id, actor: { type: 'user', id } });
  expect(await actionsOf(`tenant_id=${tenant.id}&actor_id=${encodeURIComponent(jane?.id ?? '')}`)).toEqual([
    ['report.exported', jane?.id],
    ['api_key.created', jane?.id],
  ]);
});

test('an event that a person reports names the person and the issuer', async () => {
  const tenant = await newTenant(server);
  for (const issuer of issuers) {
    const token = await issuer.token({ sub: 'op', realm_access: { roles: ['BREAKPILOT_ADMIN'] } });
    const body = { tenant_id: tenant.id, actor: { type: 'user', id: 'u' }, action: 'report.exported' };
    const answer = await server.call('POST /v1/audit', { token, body });
    expect([answer.status, answer.body.reported_by]).toEqual([201, `user:${issuer.url}|op`]);
  }
});
