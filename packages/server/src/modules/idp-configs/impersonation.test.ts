// engine: postgres
/** A key that decides which provider is asked, and what its claims mean, becomes nobody who may do more than the key. */
import { beforeEach, expect, test } from 'vitest';
import { newProgram, newTrustDomain } from '../../../test/support/programs.ts';
import { addMember, bind, newGroup, newUser } from '../../../test/support/role-holders.ts';
import { madeIn, newProject, type TestServer, tenantIn, testServer } from '../../../test/support/server.ts';
import { becomes } from '../../../test/support/users.ts';

const server: TestServer = testServer();

let tenant_id = '';
let token = '';
beforeEach(async () => {
  ({ id: tenant_id } = await tenantIn(server, 'active'));
  const scopes = ['idp_configs:read', 'idp_configs:write', 'service_identities:write'].map(
    (word) => `registry:${word}`,
  );
  token = (await madeIn(server, tenant_id, 'api-keys', { name: 'sso', scopes })).key;
});

const GOOD = 'https://good.example.com';
const EVIL = 'https://evil.example.com';

const newConfig = (fields: Record<string, unknown> = {}) =>
  madeIn(server, tenant_id, 'idp-configs', { kind: 'oidc', alias: 'A', issuer: GOOD, client_id: 'c', ...fields });

async function change({ id }: { id: string }, body: object): Promise<number> {
  return (await server.call(`PATCH /v1/idp-configs/${id}`, { token, body })).status;
}

async function create(fields: object): Promise<number> {
  const body = { tenant_id, kind: 'oidc', alias: 'B', issuer: EVIL, client_id: 'c', ...fields };
  return (await server.call('POST /v1/idp-configs', { token, body })).status;
}

test('by a role that is mapped already: no other issuer, client or rule for the claims, and no return', async () => {
  const claim_mappings = { roles: 'roles', role_map: { IT: 'admin' } };
  const config = await newConfig({ claim_mappings });
  const attempts: object[] = [
    { issuer: EVIL },
    { client_id: 'other' },
    { claim_mappings: { ...claim_mappings, roles: 'nickname' } },
    { jit_policy: 'allow' },
    { required_amr: [], required_acr: ['urn:other'] },
  ];
  for (const attempt of attempts) expect(await change(config, attempt), JSON.stringify(attempt)).toBe(403);
  // What gives nobody anything is still its own to do.
  expect(await change(config, { alias: 'Renamed' })).toBe(200);
  expect((await server.call(`DELETE /v1/idp-configs/${config.id}`, { token })).status).toBe(204);
  expect(await change(config, { status: 'active' })).toBe(403);
});

test('by a group that mirrors a claim, also through the groups above it', async () => {
  const config = await newConfig();
  const mirrored = await madeIn(server, tenant_id, 'groups', {
    slug: 'staff',
    display_name: 'Staff',
    source: 'idp',
    idp_config_id: config.id,
    idp_claim_value: 'staff',
  });
  expect(await change(config, { issuer: 'https://better.example.com' })).toBe(200);
  const above = await newGroup(server, tenant_id, { tenant_role: 'admin' });
  await addMember(server, { tenant_id, group_id: above, type: 'group', id: mirrored.id });
  expect(await change(config, { issuer: EVIL })).toBe(403);
});

test('by a level in a project that a mirrored group has', async () => {
  const config = await newConfig();
  const group = await madeIn(server, tenant_id, 'groups', {
    slug: 'staff',
    display_name: 'Staff',
    source: 'idp',
    idp_config_id: config.id,
    idp_claim_value: 'staff',
  });
  const project = await newProject(server, tenant_id);
  await bind(server, project.id, { type: 'group', id: group.id }, 'viewer');
  expect(await change(config, { issuer: EVIL })).toBe(403);
});

test('by the subject of a user of the issuer, also through a new configuration after the old one ended', async () => {
  const config = await newConfig();
  const admin = await newUser(server, tenant_id, { roles: ['admin'] });
  await becomes(server, admin, { external_subject: `${GOOD}|42`, provisioned_by: 'sign_in' });
  expect(await change(config, { claim_mappings: { subject: 'nickname' } })).toBe(403);
  expect((await server.call(`DELETE /v1/idp-configs/${config.id}`, { token })).status).toBe(204);
  expect(await create({ issuer: GOOD, claim_mappings: { subject: 'nickname' } })).toBe(403);
  expect(await create({ issuer: EVIL })).toBe(201);
});

test('by the name of somebody provisioned who has not signed in yet', async () => {
  const admin = await newUser(server, tenant_id, { roles: ['admin'] });
  await becomes(server, admin, { external_subject: `scim:${admin.id}`, provisioned_by: 'scim' });
  expect(await create({ claim_mappings: { scim: 'nickname' } })).toBe(403);
  expect(await create({})).toBe(201);
});

test('by a new account, which is a member', async () => {
  expect(await create({ jit_policy: 'allow' })).toBe(403);
  expect(await create({ claim_mappings: { roles: 'roles', role_map: {} } })).toBe(403);
  expect(await create({ jit_policy: 'deny' })).toBe(201);
});

test('by a service identity whose tokens the issuer makes', async () => {
  const config = await newConfig();
  const { id } = await madeIn(server, tenant_id, 'service-identities', {
    display_name: 'x',
    federation_kind: 'oidc_cc',
    subject: 'exporter',
    audience: 'registry',
    idp_config_id: config.id,
  });
  const project = await newProject(server, tenant_id);
  const principal = { type: 'service_identity', id };
  await server.call(`PUT /v1/projects/${project.id}/role-bindings`, { body: { principal, level: 'admin' } });
  expect(await change(config, { issuer: EVIL })).toBe(403);
});

test('by a program of a trust domain whose keys it would set', async () => {
  const domain = await newTrustDomain();
  const program = await newProgram(server, tenant_id, { domain });
  const other = (await newTrustDomain(domain.name, 'evil')).bundle;
  const set = async (trust_domain: string) =>
    (await server.call('PUT /v1/trust-bundles', { token, body: { tenant_id, trust_domain, keys: other } })).status;
  expect(await set(domain.name)).toBe(200);
  const group_id = await newGroup(server, tenant_id, { tenant_role: 'billing' });
  await addMember(server, { tenant_id, group_id, type: 'service_identity', id: program.id });
  expect(await set(`other-${domain.name}`)).toBe(200);
  // Equal keys change nothing; others do.
  expect(await set(domain.name)).toBe(200);
  const third = (await newTrustDomain(domain.name, 'third')).bundle;
  const body = { tenant_id, trust_domain: domain.name, keys: third };
  expect((await server.call('PUT /v1/trust-bundles', { token, body })).status).toBe(403);
  expect((await server.call('PUT /v1/trust-bundles', { body })).status).toBe(200);
});
