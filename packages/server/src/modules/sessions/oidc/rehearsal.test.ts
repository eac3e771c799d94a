// engine: postgres
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testServer, trailOf, UNKNOWN } from '../../../../test/support/server.ts';
import {
  browserOf,
  PUBLIC_URL,
  type SignInTenant,
  signInOptions,
  signInTenant,
  testSignInProvider,
  usersOf,
} from '../../../../test/support/sign-in.ts';

const provider = testSignInProvider();
const server = testServer(async () => signInOptions());

async function linkTo({ idp }: Pick<SignInTenant, 'idp'>): Promise<string> {
  const { status, body } = await server.call(`POST /v1/idp-configs/${idp}/rehearse`);
  expect(status).toBe(201);
  return body.url;
}

/** Everything that a sign-in could leave behind, but for the audit log and its events. */
async function rowsOf(tenantId: string): Promise<unknown> {
  const tables = ['users', 'user_sessions', 'group_memberships', 'tenant_idp_config', 'sign_in_flows'];
  const found = tables.map(
    (table) => sql`select t::text from ${sql.table(table)} t where tenant_id = ${tenantId} order by 1`,
  );
  return Promise.all(found.map(async (query) => (await query.execute(server.app.deps.db)).rows));
}

test('a link to a rehearsal is one of ours, works for ten minutes, and is in no row', async () => {
  const tenant = await signInTenant(server, provider);
  const { status, body } = await server.call(`POST /v1/idp-configs/${tenant.idp}/rehearse`);
  expect(status).toBe(201);
  expect(body.url).toMatch(new RegExp(`^${PUBLIC_URL}/auth/sign-in\\?rehearsal=[\\w-]{43}$`));
  const left = Date.parse(body.expires_at) - server.clock.now().getTime();
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(600_000);
  const token = body.url.slice(-43);
  expect(JSON.stringify([await rowsOf(tenant.id), await trailOf(server, tenant.id), server.logs])).not.toContain(token);
  expect((await trailOf(server, tenant.id)).at(-1)).toMatchObject({
    action: 'idp_config.rehearsal_prepared',
    target_id: tenant.idp,
  });
});

test('a rehearsal shows claims, person and groups, and writes one row of the audit log alone', async () => {
  const tenant = await signInTenant(server, provider, {
    claim_mappings: { roles: 'org_roles', role_map: { IT: 'admin' }, scim: 'oid' },
  });
  const { db } = server.app.deps;
  await db
    .insertInto('groups')
    .values({
      tenant_id: tenant.id,
      slug: 'ops',
      display_name: 'Ops',
      source: 'idp',
      idp_config_id: tenant.idp,
      idp_claim_value: 'OPS',
    })
    .execute();
  const claims = {
    name: 'Jane <Doe>',
    email: 'jane@acme.example',
    org_roles: ['IT'],
    oid: 'o-1',
    groups: ['OPS', 'X'],
  };
  provider.people.set('jane', claims);
  const before = await rowsOf(tenant.id);
  const link = await linkTo(tenant);
  const browser = browserOf(server, 'jane');
  const callback = await browser.upToCallback(link);
  const trailBefore = (await trailOf(server, tenant.id)).length;
  const answer = await browser.visit(callback.href);
  expect(answer.status).toBe(200);
  const report = JSON.parse(answer.text);
  expect(report).toMatchObject({
    rehearsal: true,
    idp_config: { id: tenant.idp, alias: 'Main' },
    refusal: null,
    outcome: 'provision',
    claims: { ...claims, iss: provider.url, sub: 'jane' },
    person: {
      external_subject: `${provider.url}|jane`,
      display_name: 'Jane <Doe>',
      email: 'jane@acme.example',
      roles: ['admin', 'member'],
      scim: 'o-1',
    },
    groups: { claimed: ['OPS', 'X'], known: [{ slug: 'ops', idp_claim_value: 'OPS' }] },
  });
  expect(answer.text).not.toMatch(/eyJ|nonce|at_hash/);
  expect(await rowsOf(tenant.id)).toEqual(before);
  const trail = (await trailOf(server, tenant.id)).slice(trailBefore);
  expect(trail).toMatchObject([
    {
      action: 'idp_config.rehearsed',
      is_failure: false,
      metadata: { error: null, reason: null, external_subject: `${provider.url}|jane` },
    },
  ]);
  expect([...browser.cookies]).toEqual([]);
});

test('a browser gets the report as a page, in which the claims are text', async () => {
  const tenant = await signInTenant(server, provider);
  provider.people.set('jane', { name: '<script>alert(1)</script>&' });
  const browser = browserOf(server, 'jane');
  const callback = await browser.upToCallback(await linkTo(tenant));
  const { headers, text } = await browser.visit(callback.href, { accept: 'text/html,*/*' });
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(text).toContain('&#60;script&#62;alert(1)&#60;/script&#62;&#38;');
  expect(text).not.toContain('<script>');
});

test('a rehearsal tells what a sign-in would do to whom is known', async () => {
  const tenant = await signInTenant(server, provider, { jit_policy: 'allow', claim_mappings: { scim: 'oid' } });
  await browserOf(server, 'jane').signIn(tenant.start);
  const { db } = server.app.deps;
  await db
    .insertInto('users')
    .values({ tenant_id: tenant.id, external_subject: 'scim:1', display_name: 'P', external_id: 'o-1' })
    .execute();
  provider.people.set('joe', { oid: 'o-1' });
  const rehearse = async (person: string) =>
    JSON.parse((await browserOf(server, person).signIn(await linkTo(tenant))).text);
  expect(await rehearse('jane')).toMatchObject({ outcome: 'sign_in', refusal: null });
  expect(await rehearse('joe')).toMatchObject({ outcome: 'link', refusal: null });
  await db
    .updateTable('users')
    .set({ disabled_at: new Date(0) })
    .where('tenant_id', '=', tenant.id)
    .execute();
  const disabled = { error: 'account_disabled', reason: 'disabled' };
  expect(await rehearse('jane')).toMatchObject({ outcome: null, refusal: disabled });
  expect(await rehearse('joe')).toMatchObject({ outcome: null, refusal: disabled });
  await db.updateTable('users').set({ email: 'e@acme.example' }).where('external_subject', '=', 'scim:1').execute();
  provider.people.set('eve', { email: 'E@acme.example' });
  expect(await rehearse('eve')).toMatchObject({ refusal: { error: 'account_exists', reason: 'email' } });
});

test.each([
  ['required_amr', { required_amr: ['mfa'] }, { error: 'assurance_missing', reason: 'amr' }, true],
  ['jit_policy', { jit_policy: 'deny' }, { error: 'account_unknown', reason: 'jit_policy' }, true],
  [
    'client_secret_ref',
    { client_secret_ref: 'file:none' },
    { error: 'sign_in_refused', reason: 'client_secret' },
    false,
  ],
])('a rehearsal shows the refusal that %s would bring', async (_, fields, refusal, isProved) => {
  const tenant = await signInTenant(server, provider, fields);
  const answer = await browserOf(server, 'jane').signIn(await linkTo(tenant));
  const report = JSON.parse(answer.text);
  expect([answer.status, report.refusal, report.claims !== null]).toEqual([200, refusal, isProved]);
  expect((await trailOf(server, tenant.id)).at(-1)).toMatchObject({
    action: 'idp_config.rehearsed',
    metadata: { error: refusal.error, reason: refusal.reason },
  });
  expect(await usersOf(server, tenant.id)).toEqual([]);
});

test('a rehearsal shows that the provider cannot be asked, at its beginning', async () => {
  const tenant = await signInTenant(server, { url: 'http://127.0.0.1:1' });
  const { status, text } = await browserOf(server, 'jane').visit(await linkTo(tenant));
  expect([status, JSON.parse(text).refusal]).toEqual([200, { error: 'provider_unavailable', reason: 'discovery' }]);
});

test('a link works once, and not after its time', async () => {
  const tenant = await signInTenant(server, provider);
  const expired = `${PUBLIC_URL}/?error=sign_in_expired`;
  const link = await linkTo(tenant);
  const browser = browserOf(server, 'jane');
  expect((await browser.visit(link)).location).toContain(provider.url);
  expect((await browser.visit(link)).location).toBe(expired);
  expect((await browser.visit('/auth/sign-in?rehearsal=x')).location).toBe(expired);
  const late = await linkTo(tenant);
  const { db, clock } = server.app.deps;
  await db.updateTable('sign_in_flows').set({ expires_at: clock() }).where('tenant_id', '=', tenant.id).execute();
  expect((await browser.visit(late)).location).toBe(expired);
});

test('a link is no flow, and a flow is no link', async () => {
  const tenant = await signInTenant(server, provider);
  const browser = browserOf(server, 'jane');
  const callback = await browser.upToCallback(tenant.start);
  const cookie = browser.cookies.get('__Host-tr_flow') ?? '';
  const other = browserOf(server, 'jane');
  expect((await other.visit(`/auth/sign-in?rehearsal=${cookie}`)).location).toContain('error=sign_in_expired');
  other.cookies.set('__Host-tr_flow', (await linkTo(tenant)).slice(-43));
  expect((await other.visit(callback.href)).location).toContain('error=sign_in_expired');
  expect((await browser.visit(callback.href)).location).toBe(`${PUBLIC_URL}/home`);
});

test('a configuration that is deactivated, of SAML or unknown is not rehearsed', async () => {
  const tenant = await signInTenant(server, provider);
  const rehearse = async (id: string) => {
    const { status, body } = await server.call(`POST /v1/idp-configs/${id}/rehearse`);
    return [status, body.code];
  };
  const saml = { tenant_id: tenant.id, kind: 'saml', alias: 'ADFS', issuer: 'urn:adfs' };
  const { body } = await server.call('POST /v1/idp-configs', { body: saml });
  expect(await rehearse(body.id)).toEqual([409, 'idp_config_not_oidc']);
  expect(await rehearse(UNKNOWN)).toEqual([404, 'not_found']);
  const link = await linkTo(tenant);
  await server.call(`DELETE /v1/idp-configs/${tenant.idp}`);
  expect(await rehearse(tenant.idp)).toEqual([409, 'idp_config_deactivated']);
  const { status, text } = await browserOf(server, 'jane').visit(link);
  expect([status, JSON.parse(text).refusal]).toEqual([200, { error: 'sign_in_refused', reason: 'configuration' }]);
});
