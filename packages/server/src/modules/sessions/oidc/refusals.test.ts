// engine: postgres
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { expect, test } from 'vitest';
import type { Claims } from '../../../../test/support/oidc-provider.ts';
import { runWorker, testServer, trailOf } from '../../../../test/support/server.ts';
import {
  browserOf,
  CALLBACK,
  PUBLIC_URL,
  type SignInTenant,
  sessionsOf,
  signInOptions,
  signInTenant,
  testSignInProvider,
  usersOf,
} from '../../../../test/support/sign-in.ts';
import type { SignInBrowser, Visit } from '../../../../test/support/sign-in-browser.ts';
import { type Forged, startSignInProvider } from '../../../../test/support/sign-in-provider.ts';
import { secretsOf } from './flow.ts';

const provider = testSignInProvider();
const server = testServer(async () => signInOptions());

/** Refused for the tenant: back at the page, written down, and nobody got in. */
async function expectRefused(
  { id, idp }: Pick<SignInTenant, 'id' | 'idp'>,
  answer: Visit,
  { error, reason }: { readonly error: string; readonly reason: string },
) {
  expect(answer).toMatchObject({ status: 303, location: `${PUBLIC_URL}/home?error=${error}` });
  expect(answer.cookies).toEqual(['__Host-tr_flow=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0']);
  const trail = await trailOf(server, id);
  expect(trail.at(-1)).toMatchObject({
    action: 'session.refused',
    is_failure: true,
    tenant_id: id,
    target_id: idp,
    metadata: { error, reason },
  });
  expect(trail.map(({ action }) => action)).not.toContain('session.started');
  expect(await sessionsOf(server, id)).toEqual([]);
}

/** Refused, and no tenant is known to tell: the access log keeps it. */
async function expectUnknown(answer: Visit) {
  expect(answer).toMatchObject({ status: 303, location: `${PUBLIC_URL}/?error=sign_in_expired` });
  await runWorker(server, 'access-audit');
  const [row] = await server.app.deps.db
    .selectFrom('audit_log')
    .selectAll()
    .where('action', '=', 'access.sign_in_failed')
    .orderBy('id', 'desc')
    .limit(1)
    .execute();
  expect(row).toMatchObject({ is_failure: true, metadata: { credential: 'session', reason: 'unknown_flow' } });
}

/** Signs in through a callback that the test changes first. */
async function through(tenant: SignInTenant, change: (callback: URL) => void | Promise<void>, browser?: SignInBrowser) {
  const used = browser ?? browserOf(server, 'jane');
  const callback = await used.upToCallback(tenant.start);
  await change(callback);
  return used.visit(callback.href);
}

const flip = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
const change = (name: string, to: (value: string) => string) => (callback: URL) =>
  callback.searchParams.set(name, to(callback.searchParams.get(name) ?? ''));

test.each<[string, (callback: URL) => void, string]>([
  ['another state', change('state', flip), 'state'],
  ['a shorter state', change('state', (state) => state.slice(1)), 'state'],
  ['no state', ({ searchParams }) => searchParams.delete('state'), 'state'],
  ['another issuer', change('iss', () => 'https://evil.example'), 'response'],
  ['no issuer', ({ searchParams }) => searchParams.delete('iss'), 'response'],
  ['two codes', ({ searchParams }) => searchParams.append('code', 'x'), 'response'],
  ['no code', ({ searchParams }) => searchParams.delete('code'), 'response'],
  ['another code', change('code', flip), 'code_refused'],
  ['an error of the provider', ({ searchParams }) => searchParams.append('error', 'access_denied'), 'provider_error'],
  ['a token beside the code', ({ searchParams }) => searchParams.append('id_token', 'x'), 'response'],
])('a callback with %s is refused and written down', async (_, spoil, reason) => {
  const tenant = await signInTenant(server, provider);
  await expectRefused(tenant, await through(tenant, spoil), { error: 'sign_in_refused', reason });
  expect(await usersOf(server, tenant.id)).toEqual([]);
});

test('a callback signs in once: replayed with its cookie it is refused and written down', async () => {
  const tenant = await signInTenant(server, provider);
  const browser = browserOf(server, 'jane');
  const callback = await browser.upToCallback(tenant.start);
  const cookie = browser.cookies.get('__Host-tr_flow') ?? '';
  expect(await browser.visit(callback.href)).toMatchObject({ location: `${PUBLIC_URL}/home` });
  browser.cookies.set('__Host-tr_flow', cookie);
  await expectUnknown(await browser.visit(callback.href));
  expect(await sessionsOf(server, tenant.id)).toHaveLength(1);
});

test('strangers flood no tenant’s audit log with refusals: past sixty a minute they are counted together', async () => {
  const tenant = await signInTenant(server, provider);
  await server.app.deps.db.updateTable('tenants').set({ status: 'frozen' }).where('id', '=', tenant.id).execute();
  const refusals = async () =>
    (await trailOf(server, tenant.id)).filter(({ action }) => action === 'session.refused').length;
  for (let n = 0; n < 65; n += 1)
    expect((await browserOf(server, 'jane').visit(tenant.start)).location).toContain('error=tenant_frozen');
  expect(await refusals()).toBe(60);
  await runWorker(server, 'access-audit');
  const { body } = await server.call('GET /v1/audit?action=access.sign_in_failed');
  const counts = body.items.filter((row: { metadata: { reason: string } }) => row.metadata.reason === 'tenant_frozen');
  expect(counts.map((row: { metadata: { count: number } }) => row.metadata.count)).toEqual([5]);
});

test('a callback that was refused cannot be tried again', async () => {
  const tenant = await signInTenant(server, provider);
  const browser = browserOf(server, 'jane');
  const callback = await browser.upToCallback(tenant.start);
  const cookie = browser.cookies.get('__Host-tr_flow') ?? '';
  const spoiled = new URL(callback);
  change('state', flip)(spoiled);
  await expectRefused(tenant, await browser.visit(spoiled.href), { error: 'sign_in_refused', reason: 'state' });
  browser.cookies.set('__Host-tr_flow', cookie);
  await expectUnknown(await browser.visit(callback.href));
});

test('a callback in another browser is refused and written down, whether that one has a flow of its own or none', async () => {
  const tenant = await signInTenant(server, provider);
  const [own, other] = [browserOf(server, 'jane'), browserOf(server, 'eve')];
  const callback = await own.upToCallback(tenant.start);
  await expectUnknown(await other.visit(callback.href));
  await other.visit(tenant.start);
  await expectRefused(tenant, await other.visit(callback.href), { error: 'sign_in_refused', reason: 'state' });
});

test('what the table keeps of a flow continues no sign-in', async () => {
  const tenant = await signInTenant(server, provider);
  const browser = browserOf(server, 'jane');
  const callback = await browser.upToCallback(tenant.start);
  const [row] = await server.app.deps.db
    .selectFrom('sign_in_flows')
    .selectAll()
    .where('tenant_id', '=', tenant.id)
    .execute();
  browser.cookies.set('__Host-tr_flow', Buffer.from(row?.flow_hash ?? []).toString('base64url'));
  await expectUnknown(await browser.visit(callback.href));
});

test('a planted second cookie ends the sign-in', async () => {
  const tenant = await signInTenant(server, provider);
  const browser = browserOf(server, 'jane');
  const callback = await browser.upToCallback(tenant.start);
  const cookie = `__Host-tr_flow=${browser.cookies.get('__Host-tr_flow')}; __Host-tr_flow=${'A'.repeat(43)}`;
  await expectUnknown(await browser.visit(callback.href, { cookie }));
});

test('a sign-in that takes more than ten minutes is refused and written down', async () => {
  const tenant = await signInTenant(server, provider);
  const { db, clock } = server.app.deps;
  const answer = await through(tenant, async () => {
    const expires_at = clock().toISOString();
    await db.updateTable('sign_in_flows').set({ expires_at }).where('tenant_id', '=', tenant.id).execute();
  });
  await expectRefused(tenant, answer, { error: 'sign_in_expired', reason: 'expired_flow' });
});

test.each([
  ['changed', { alias: 'Other' }],
  ['pointed elsewhere', { issuer: 'https://other.example' }],
  ['deactivated', { status: 'deactivated' }],
])('a sign-in through a configuration that was %s meanwhile is refused and written down', async (_, body) => {
  const tenant = await signInTenant(server, provider);
  const answer = await through(tenant, async () => {
    expect((await server.call(`PATCH /v1/idp-configs/${tenant.idp}`, { body })).status).toBe(200);
  });
  await expectRefused(tenant, answer, { error: 'sign_in_refused', reason: 'configuration' });
});

const seconds = () => Math.floor(Date.now() / 1000);
const forging =
  (claims: (own: Claims) => Claims, options: Omit<Exclude<Forged, string>, 'claims'> = {}) =>
  (own: Claims) => ({
    claims: JSON.parse(JSON.stringify({ ...own, ...claims(own) })),
    ...options,
  });

// proves C37
test.each<[string, string, (own: Claims) => Forged]>([
  ['another nonce', 'nonce', forging(() => ({ nonce: 'other' }))],
  ['no nonce', 'response', forging(() => ({ nonce: undefined }))],
  ['another issuer', 'iss', forging(() => ({ iss: 'https://evil.example' }))],
  ['another audience', 'aud', forging(() => ({ aud: 'another-client' }))],
  ['no audience', 'response', forging(() => ({ aud: undefined }))],
  ['a second audience without the authorized party', 'aud', forging(({ aud }) => ({ aud: [aud, 'other'] }))],
  ['another authorized party', 'azp', forging(() => ({ azp: 'another-client' }))],
  ['an expiry that has passed', 'exp', forging(() => ({ exp: seconds() - 60 }))],
  ['no expiry', 'response', forging(() => ({ exp: undefined }))],
  ['an issue long ago', 'expired', forging(() => ({ iat: seconds() - 1_200 }))],
  ['an issue in the future', 'malformed', forging(() => ({ iat: seconds() + 600 }))],
  ['no time of issue', 'response', forging(() => ({ iat: undefined }))],
  ['a validity in the future', 'nbf', forging(() => ({ nbf: seconds() + 600 }))],
  ['no subject', 'response', forging(() => ({ sub: undefined }))],
  ['a subject with a space', 'subject', forging(() => ({ sub: 'jane doe' }))],
  ['a subject that is a number', 'response', forging(() => ({ sub: 7 }))],
  ['no signature', 'response', (own) => new UnsecuredJWT(own).encode()],
  [
    'a signature under an algorithm that the provider does not use',
    'response',
    forging(() => ({}), { header: { alg: 'RS512' } }),
  ],
  ['three parts of nonsense', 'response', () => 'a.b.c'],
])('an ID token with %s is refused and written down', async (_, reason, forge) => {
  const tenant = await signInTenant(server, provider);
  provider.forge = forge;
  const answer = await through(tenant, () => {});
  await expectRefused(tenant, answer, { error: 'sign_in_refused', reason });
  expect(await usersOf(server, tenant.id)).toEqual([]);
});

test('an ID token counts when the provider signed it: with another key, one that it brings, or a shared one it is refused', async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  const { rsa } = provider.keys;
  const signed = (header: object, key: CryptoKey | Uint8Array | JWK) => (own: JWTPayload) =>
    new SignJWT(own).setProtectedHeader({ alg: 'RS256', kid: String(rsa.kid), ...header }).sign(key);
  const forgeries = [
    { forge: signed({}, rsa), ends: 'home' },
    { forge: signed({}, privateKey), ends: 'home?error=sign_in_refused' },
    { forge: signed({ jwk }, privateKey), ends: 'home?error=sign_in_refused' },
    { forge: signed({ kid: 'unknown' }, privateKey), ends: 'home?error=sign_in_refused' },
    {
      forge: signed({ alg: 'HS256' }, new TextEncoder().encode(JSON.stringify(rsa.n))),
      ends: 'home?error=sign_in_refused',
    },
  ];
  for (const { forge, ends } of forgeries) {
    const tenant = await signInTenant(server, provider);
    const browser = browserOf(server, 'jane');
    const callback = await browser.upToCallback(tenant.start);
    const { nonce } = secretsOf(browser.cookies.get('__Host-tr_flow') ?? '');
    const own = { iss: provider.url, sub: 'jane', aud: 'public', nonce, iat: seconds(), exp: seconds() + 300 };
    const token = await forge(own);
    provider.forge = () => token;
    expect((await browser.visit(callback.href)).location).toBe(`${PUBLIC_URL}/${ends}`);
    expect(await usersOf(server, tenant.id)).toHaveLength(ends === 'home' ? 1 : 0);
  }
});

test('a code that another verifier asked for is refused by the provider', async () => {
  const tenant = await signInTenant(server, provider);
  const [own, other] = [browserOf(server, 'jane'), browserOf(server, 'jane')];
  const callback = await own.upToCallback(tenant.start);
  const stolen = await other.upToCallback(tenant.start);
  stolen.searchParams.set('code', callback.searchParams.get('code') ?? '');
  const answer = await other.visit(stolen.href);
  await expectRefused(tenant, answer, { error: 'sign_in_refused', reason: 'code_refused' });
});

// proves C37
test.each<[string, Claims, string | null]>([
  ['one of the context classes', { acr: 'urn:silver', amr: ['pwd', 'mfa', 'hwk'] }, null],
  ['another context class', { acr: 'urn:bronze', amr: ['mfa', 'hwk'] }, 'acr'],
  ['no context class', { amr: ['mfa', 'hwk'] }, 'acr'],
  ['a list of context classes', { acr: ['urn:gold'], amr: ['mfa', 'hwk'] }, 'acr'],
  ['one of two methods', { acr: 'urn:gold', amr: ['mfa'] }, 'amr'],
  ['no methods', { acr: 'urn:gold' }, 'amr'],
])('a sign-in with %s is held to what the configuration requires', async (_, claims, missing) => {
  const required = { required_acr: ['urn:gold', 'urn:silver'], required_amr: ['mfa', 'hwk'] };
  const tenant = await signInTenant(server, provider, required);
  provider.people.set('jane', claims);
  const answer = await through(tenant, () => {});
  if (missing === null) expect(answer).toMatchObject({ location: `${PUBLIC_URL}/home` });
  else await expectRefused(tenant, answer, { error: 'assurance_missing', reason: missing });
});

test('somebody unknown is refused where accounts are not made at sign-in', async () => {
  const tenant = await signInTenant(server, provider, { jit_policy: 'deny' });
  const answer = await through(tenant, () => {});
  await expectRefused(tenant, answer, { error: 'account_unknown', reason: 'jit_policy' });
  expect((await trailOf(server, tenant.id)).at(-1)).toMatchObject({
    metadata: { external_subject: `${provider.url}|jane` },
  });
});

test('somebody whose address another user has is refused, and never taken for that user', async () => {
  const tenant = await signInTenant(server, provider);
  provider.people.set('jane', { email: 'jane@acme.example' });
  await browserOf(server, 'jane').signIn(tenant.start);
  provider.people.set('eve', { email: 'JANE@acme.example' });
  const answer = await browserOf(server, 'eve').signIn(tenant.start);
  expect(answer.location).toBe(`${PUBLIC_URL}/home?error=account_exists`);
  expect(await usersOf(server, tenant.id)).toHaveLength(1);
  expect((await trailOf(server, tenant.id)).at(-1)).toMatchObject({
    action: 'session.refused',
    metadata: { error: 'account_exists', external_subject: `${provider.url}|eve` },
  });
});

test.each([
  ['disabled_at', 'account_disabled'],
  ['deleted_at', 'account_unknown'],
] as const)('a user with %s is refused, and is not made again', async (column, error) => {
  const tenant = await signInTenant(server, provider);
  await browserOf(server, 'jane').signIn(tenant.start);
  const { db, clock } = server.app.deps;
  await db
    .updateTable('users')
    .set({ [column]: clock() })
    .where('tenant_id', '=', tenant.id)
    .execute();
  const answer = await through(tenant, () => {});
  expect(answer.location).toBe(`${PUBLIC_URL}/home?error=${error}`);
  expect(await usersOf(server, tenant.id)).toHaveLength(1);
  expect(await sessionsOf(server, tenant.id)).toHaveLength(1);
  expect((await trailOf(server, tenant.id)).at(-1)).toMatchObject({ action: 'session.refused', is_failure: true });
});

test.each([
  [['cancel'], 'tenant_frozen'],
  [['cancel', 'archive'], 'sign_in_refused'],
] as const)(
  'after %j of the tenant nobody signs in, neither from the start nor from the provider',
  async (steps, error) => {
    const tenant = await signInTenant(server, provider);
    const answer = await through(tenant, async () => {
      for (const step of steps) await server.call(`POST /v1/tenants/${tenant.id}/${step}`);
    });
    expect(answer.location).toBe(`${PUBLIC_URL}/home?error=${error}`);
    const again = await browserOf(server, 'jane').visit(tenant.start);
    expect(again.location).toBe(`${PUBLIC_URL}/home?error=${error}`);
    expect(await usersOf(server, tenant.id)).toEqual([]);
    const refused = (await trailOf(server, tenant.id)).filter(({ action }) => action === 'session.refused');
    expect(refused).toHaveLength(2);
  },
);

test.each([
  ['has no client', { client_id: null }, 'client_id'],
  ['names a secret that is not there', { client_id: 'confidential', client_secret_ref: 'file:none' }, 'client_secret'],
])('a configuration that %s signs nobody in', async (_, fields, reason) => {
  const tenant = await signInTenant(server, provider, fields);
  const browser = browserOf(server, 'jane');
  const answer = reason === 'client_id' ? await browser.visit(tenant.start) : await through(tenant, () => {}, browser);
  await expectRefused(tenant, answer, { error: 'sign_in_refused', reason });
});

test('a reference to a secret that was stored before the rule is not followed', async () => {
  const tenant = await signInTenant(server, provider, { client_id: 'confidential' });
  const { db } = server.app.deps;
  await db
    .updateTable('tenant_idp_config')
    .set({ client_secret_ref: 'env:OPERATOR_TOKEN' })
    .where('id', '=', tenant.idp)
    .execute();
  const answer = await through(tenant, () => {});
  await expectRefused(tenant, answer, { error: 'sign_in_refused', reason: 'client_secret' });
  const { body } = await server.call(`POST /v1/idp-configs/${tenant.idp}/verify`);
  expect(body.findings).toContainEqual(
    expect.objectContaining({ severity: 'error', code: 'client_secret_unresolved' }),
  );
});

test('a provider that fails is told apart from one that refuses', async () => {
  const tenant = await signInTenant(server, provider);
  provider.failWith = 503;
  const unavailable = { error: 'provider_unavailable', reason: 'outbound_failed' };
  await expectRefused(tenant, await through(tenant, () => {}), unavailable);
  provider.failWith = undefined;
  const passing = await through(tenant, ({ searchParams }) => searchParams.append('error', 'temporarily_unavailable'));
  await expectRefused(tenant, passing, { error: 'provider_unavailable', reason: 'provider_error' });
  provider.failWith = 302;
  await expectRefused(tenant, await through(tenant, () => {}), { error: 'sign_in_refused', reason: 'response' });
});

test.each([
  ['nobody is', 'http://127.0.0.1:1'],
  ['an inside address is', 'https://10.0.0.1'],
])('a provider where %s cannot be asked', async (_, issuer) => {
  const tenant = await signInTenant(server, { url: issuer });
  const answer = await browserOf(server, 'jane').visit(tenant.start);
  await expectRefused(tenant, answer, { error: 'provider_unavailable', reason: 'discovery' });
});

test.each([
  ['names another issuer', { issuer: 'https://evil.example' }],
  ['sends people to plain http', { authorization_endpoint: 'http://sso.example/auth' }],
  ['sends the code to plain http', { token_endpoint: 'http://sso.example/token' }],
  ['has no place for the code', { token_endpoint: null }],
])('a discovery document that %s is not believed', async (_, discovery) => {
  const other = await startSignInProvider(CALLBACK);
  other.discovery = discovery;
  const tenant = await signInTenant(server, other);
  const answer = await browserOf(server, 'jane').visit(tenant.start);
  await expectRefused(tenant, answer, { error: 'provider_unavailable', reason: 'discovery' });
  await other.stop();
});

test('no cookie, code, state or token of a sign-in is logged or written down', async () => {
  const tenant = await signInTenant(server, provider);
  const secrets: string[] = [];
  for (const spoil of [() => {}, change('code', flip), change('iss', () => 'https://evil.example')]) {
    const browser = browserOf(server, 'jane');
    const callback = await browser.upToCallback(tenant.start);
    secrets.push(browser.cookies.get('__Host-tr_flow') ?? '');
    spoil(callback);
    for (const name of ['code', 'state']) secrets.push(callback.searchParams.get(name) ?? '');
    await browser.visit(callback.href);
    secrets.push(browser.cookies.get('__Host-tr_session') ?? secrets[0] ?? '');
  }
  provider.forge = forging(() => ({ nonce: 'other' }));
  await through(tenant, () => {});
  const told = JSON.stringify([server.logs, await trailOf(server, tenant.id)]);
  for (const secret of secrets) {
    expect(secret).not.toBe('');
    expect(told).not.toContain(secret);
  }
  expect(told).not.toMatch(/eyJ[\w-]{20}/);
});
