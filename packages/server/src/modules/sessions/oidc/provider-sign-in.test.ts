// engine: postgres
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { newTenant, runWorker, startTestServer, testServer, trailOf } from '../../../../test/support/server.ts';
import {
  browserOf,
  CALLBACK,
  PUBLIC_URL,
  sessionsOf,
  signInOptions,
  signInTenant,
  testSignInProvider,
  usersOf,
} from '../../../../test/support/sign-in.ts';
import { CLIENT_SECRET, startSignInProvider } from '../../../../test/support/sign-in-provider.ts';
import { digestOf } from '../cookie.ts';

const provider = testSignInProvider();
let secretsDir: string;
const server = testServer(async () => {
  secretsDir = await mkdtemp(join(tmpdir(), 'client-secrets-'));
  return { ...signInOptions(), secretsDir };
});
afterAll(() => rm(secretsDir, { recursive: true }));

const eventsOf = async (tenantId: string) => (await trailOf(server, tenantId)).map(({ action }) => action);
const signedIn = { status: 303, location: `${PUBLIC_URL}/home` };

// proves C31
test('an unknown person becomes a member at the first sign-in and gets a session, in a cookie of this host alone', async () => {
  const tenant = await signInTenant(server, provider);
  provider.people.set('jane', { name: 'Jane Doe', email: 'Jane@acme.example' });
  const browser = browserOf(server, 'jane');
  const answer = await browser.signIn(tenant.start);
  expect(answer).toMatchObject(signedIn);
  const [user, ...others] = await usersOf(server, tenant.id);
  expect(others).toEqual([]);
  expect(user).toMatchObject({
    external_subject: `${provider.url}|jane`,
    display_name: 'Jane Doe',
    email: 'Jane@acme.example',
    roles: ['member'],
    provisioned_by: 'sign_in',
    password_hash: null,
    disabled_at: null,
  });
  expect(user?.last_sign_in_at).not.toBeNull();
  const [session] = await sessionsOf(server, tenant.id);
  expect(session).toMatchObject({ user_id: user?.id, idp_config_id: tenant.idp, revoked_at: null });
  const cookie = browser.cookies.get('__Host-tr_session') ?? '';
  expect(Buffer.from(session?.session_hash ?? []).equals(Buffer.from(digestOf(cookie)))).toBe(true);
  expect(answer.cookies).toContain(`__Host-tr_session=${cookie}; Path=/; Secure; HttpOnly; SameSite=Lax`);
  expect([...browser.cookies.keys()]).toEqual(['__Host-tr_session']);
  const trail = await trailOf(server, tenant.id);
  expect(trail.slice(-2)).toMatchObject([
    { action: 'user.provisioned', actor_type: 'user', actor_id: `${provider.url}|jane`, target_id: user?.id },
    { action: 'session.started', actor_type: 'user', actor_id: `${provider.url}|jane`, target_id: session?.id },
  ]);
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

test('the flow asks for a code with PKCE, state and nonce, and none of them is in the table', async () => {
  const { id, start } = await signInTenant(server, provider, { required_acr: ['urn:gold', 'urn:silver'] });
  const browser = browserOf(server, 'jane');
  const { location, cookies } = await browser.visit(start);
  const { origin, pathname, searchParams } = new URL(location ?? '');
  expect(origin + pathname).toBe(`${provider.url}/auth`);
  const { state = '', nonce = '', code_challenge = '', ...others } = Object.fromEntries(searchParams);
  expect(others).toEqual({
    client_id: 'public',
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid profile email',
    code_challenge_method: 'S256',
    acr_values: 'urn:gold urn:silver',
  });
  const flow = browser.cookies.get('__Host-tr_flow') ?? '';
  expect(cookies).toEqual([`__Host-tr_flow=${flow}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600`]);
  const { rows } = await sql<{ row: string }>`
    select f::text as row from sign_in_flows f where tenant_id = ${id}`.execute(server.app.deps.db);
  expect(rows).toHaveLength(1);
  for (const secret of [flow, state, nonce, code_challenge]) {
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(rows[0]?.row).not.toContain(secret);
    expect(rows[0]?.row).not.toContain(Buffer.from(secret, 'base64url').toString('hex'));
  }
});

// proves C31
test('fifty first sign-ins of one person at once make one user, one event and fifty sessions', async () => {
  const tenant = await signInTenant(server, provider);
  const browsers = Array.from({ length: 50 }, () => browserOf(server, 'jane'));
  const callbacks = await Promise.all(browsers.map((browser) => browser.upToCallback(tenant.start)));
  const answers = await Promise.all(browsers.map((browser, index) => browser.visit(callbacks[index]?.href ?? '')));
  for (const answer of answers) expect(answer).toMatchObject(signedIn);
  expect(await usersOf(server, tenant.id)).toHaveLength(1);
  const sessions = await sessionsOf(server, tenant.id);
  expect(sessions.filter(({ revoked_at }) => revoked_at === null)).toHaveLength(50);
  expect(new Set(browsers.map(({ cookies }) => cookies.get('__Host-tr_session'))).size).toBe(50);
  const events = await eventsOf(tenant.id);
  expect(events.filter((each) => each === 'user.provisioned')).toHaveLength(1);
  expect(events.filter((each) => each === 'session.started')).toHaveLength(50);
});

test('one subject is another person in each tenant, and at each provider', async () => {
  const other = await startSignInProvider(CALLBACK);
  const [one, two] = [await signInTenant(server, provider), await signInTenant(server, provider)];
  const { id: idp } = (
    await server.call('POST /v1/idp-configs', {
      body: {
        tenant_id: one.id,
        kind: 'oidc',
        alias: 'B',
        issuer: other.url,
        client_id: 'public',
        jit_policy: 'allow',
      },
    })
  ).body;
  for (const start of [one.start, two.start, one.start.replace(one.idp, idp)])
    expect(await browserOf(server, 'jane').signIn(start)).toMatchObject(signedIn);
  await other.stop();
  expect((await usersOf(server, one.id)).map(({ external_subject }) => external_subject)).toEqual([
    `${provider.url}|jane`,
    `${other.url}|jane`,
  ]);
  expect(await usersOf(server, two.id)).toHaveLength(1);
});

test('a configuration of another tenant begins nothing', async () => {
  const [own, foreign] = [await signInTenant(server, provider), await signInTenant(server, provider)];
  const browser = browserOf(server, 'jane');
  for (const [tenant, idp] of [
    [own.slug, foreign.idp],
    ['nowhere', own.idp],
    [own.slug, 'no-id'],
  ])
    expect(await browser.visit(`/auth/sign-in?tenant=${tenant}&idp=${idp}&return_to=/home`)).toMatchObject({
      status: 303,
      location: `${PUBLIC_URL}/home?error=sign_in_refused`,
    });
  await runWorker(server, 'access-audit');
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from audit_log where action = 'access.sign_in_failed'
      and metadata ->> 'reason' = 'unknown_provider' and is_failure`.execute(server.app.deps.db);
  expect(rows[0]?.n).toBe(1);
});

// proves C37
test('claims become what the mappings of the configuration say, at each sign-in', async () => {
  const tenant = await signInTenant(server, provider, {
    claim_mappings: {
      subject: 'oid',
      email: 'contact.mail',
      name: 'contact.full',
      roles: 'resource.roles',
      role_map: { IT: 'admin', CXO: 'billing', ROOT: 'member' },
      note: 'kept',
    },
  });
  provider.people.set('x', {
    oid: 'o-1',
    contact: { mail: 'j@acme.example', full: 'Jane' },
    resource: { roles: ['IT', 'operator', 'admin'] },
  });
  await browserOf(server, 'x').signIn(tenant.start);
  const [user] = await usersOf(server, tenant.id);
  expect(user).toMatchObject({
    external_subject: `${provider.url}|o-1`,
    email: 'j@acme.example',
    display_name: 'Jane',
    roles: ['admin', 'member'],
  });
  expect(await eventsOf(tenant.id)).not.toContain('user.roles_synced');
  provider.people.set('x', { oid: 'o-1', resource: { roles: 'CXO' } });
  await browserOf(server, 'x').signIn(tenant.start);
  expect((await usersOf(server, tenant.id)).map(({ roles }) => roles)).toEqual([['billing', 'member']]);
  await browserOf(server, 'x').signIn(tenant.start);
  expect((await eventsOf(tenant.id)).filter((each) => each === 'user.roles_synced')).toHaveLength(1);
});

test('roles that were given by hand stay when no claim is mapped to roles', async () => {
  const tenant = await signInTenant(server, provider);
  await browserOf(server, 'jane').signIn(tenant.start);
  const { db } = server.app.deps;
  await db
    .updateTable('users')
    .set({ roles: ['admin'] })
    .where('tenant_id', '=', tenant.id)
    .execute();
  provider.people.set('jane', { roles: ['billing'] });
  await browserOf(server, 'jane').signIn(tenant.start);
  expect((await usersOf(server, tenant.id)).map(({ roles }) => roles)).toEqual([['admin']]);
});

test('an address that the provider calls unverified is not taken', async () => {
  const tenant = await signInTenant(server, provider);
  provider.people.set('jane', { email: 'jane@acme.example', email_verified: false });
  await browserOf(server, 'jane').signIn(tenant.start);
  expect(await usersOf(server, tenant.id)).toMatchObject([{ email: null, display_name: 'jane@acme.example' }]);
});

// proves A28
test('the client proves itself as its provider takes it, by the secret in the folder of its tenant', async () => {
  const ways = { confidential: 'client_secret_basic', posting: 'client_secret_post' };
  for (const [client_id, method] of Object.entries(ways)) {
    const other = await startSignInProvider(CALLBACK);
    other.discovery = { token_endpoint_auth_methods_supported: [method] };
    const tenant = await signInTenant(server, other, { client_id, client_secret_ref: 'file:sso/main' });
    await mkdir(join(secretsDir, tenant.id, 'sso'), { recursive: true });
    await writeFile(join(secretsDir, tenant.id, 'sso', 'main'), `${CLIENT_SECRET}\n`);
    expect(await browserOf(server, 'jane').signIn(tenant.start)).toMatchObject(signedIn);
    const [{ authorization, form } = { authorization: '', form: new URLSearchParams() }] = other.tokenRequests;
    const [, encoded = ''] = authorization?.split(' ') ?? [];
    const shown = decodeURIComponent(Buffer.from(encoded, 'base64').toString());
    expect(shown).toBe(client_id === 'posting' ? '' : `confidential:${CLIENT_SECRET}`);
    expect(form.get('client_secret')).toBe(client_id === 'posting' ? CLIENT_SECRET : null);
    await other.stop();
  }
  expect(server.logs.join('')).not.toContain(CLIENT_SECRET);
});

test.each([
  ['/home?tab=1#top', '/home?tab=1#top'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example/', '/'],
  ['/a//b', '/'],
  ['/\tevil', '/'],
  [`/${'a'.repeat(1_000)}`, '/'],
  ['', '/'],
])('a sign-in that is to end at %j ends at %j', async (wanted, path) => {
  const { slug, idp } = await signInTenant(server, provider);
  const start = `/auth/sign-in?tenant=${slug}&idp=${idp}&return_to=${encodeURIComponent(wanted)}`;
  const browser = browserOf(server, 'jane');
  expect((await browser.signIn(start)).headers.get('location')).toBe(path);
});

test('sign-ins that nobody finishes are forgotten, and a network has three hundred under way in a tenant, which has ten thousand', async () => {
  const { id, idp, start } = await signInTenant(server, provider);
  const { db, clock } = server.app.deps;
  const count = async () =>
    (await sql<{ n: number }>`select count(*) as n from sign_in_flows where tenant_id = ${id}`.execute(db)).rows[0]?.n;
  await sql`
    insert into sign_in_flows (
      flow_hash, tenant_id, idp_config_id, idp_config_version, return_to, network, created_at, expires_at)
    select sha256(n::text::bytea), ${id}::uuid, ${idp}::uuid, 1, '/',
      case when n <= 303 then '127.0.0.1' else 'network ' || n / 100 end,
      ${clock().toISOString()}::timestamptz - n * interval '1 ms',
      ${clock().toISOString()}::timestamptz + interval '9 min' from generate_series(1, 10403) as n`.execute(db);
  const browser = browserOf(server, 'jane');
  const callback = await browser.upToCallback(start);
  expect(await count()).toBe(10_000);
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from sign_in_flows where tenant_id = ${id} and network = '127.0.0.1'`.execute(db);
  expect(rows[0]?.n).toBe(300);
  expect(await browser.visit(callback.href)).toMatchObject(signedIn);
  await sql`
    update sign_in_flows set expires_at = ${clock().toISOString()}::timestamptz where tenant_id = ${id}`.execute(db);
  let forgotten = 0;
  for (let batch = -1; batch !== 0; forgotten += batch) batch = await runWorker(server, 'sign-in-flows-expiry');
  expect([forgotten, await count()]).toEqual([9_999, 0]);
});

test('where the registry does not know its origin, nobody signs in', async () => {
  const closed = await startTestServer({ ...signInOptions(), publicUrl: null });
  for (const path of ['/auth/sign-in', '/auth/callback']) {
    const { status, body } = await closed.call(`GET ${path}`, { token: null });
    expect([status, body.code]).toEqual([404, 'route_not_found']);
  }
  const { id: tenant_id } = await newTenant(closed);
  const { body: config } = await closed.call('POST /v1/idp-configs', {
    body: { tenant_id, kind: 'oidc', alias: 'A', issuer: provider.url, client_id: 'public' },
  });
  const { status, body } = await closed.call(`POST /v1/idp-configs/${config.id}/rehearse`);
  expect([status, body.code]).toEqual([403, 'sign_in_disabled']);
  await closed.close();
});

test('the paths of browsers answer to GET alone, and are not on the internal listener', async () => {
  for (const method of ['POST', 'HEAD']) {
    const { status } = await fetch(`${server.url}/auth/callback`, { method });
    expect(status).toBe(405);
  }
  const split = await startTestServer({ ...signInOptions(), internalAddress: { host: '127.0.0.1', port: 0 } });
  const asked = { method: 'GET', url: '/auth/callback' } as const;
  expect((await split.app.server.inject(asked)).statusCode).toBe(303);
  expect((await split.app.internalServer?.inject(asked))?.statusCode).toBe(404);
  await split.close();
});
