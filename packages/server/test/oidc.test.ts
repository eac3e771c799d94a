// engine: none
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { importJWK, type JWK, UnsecuredJWT } from 'jose';
import type { AsymmetricSigningAlgorithm } from 'oidc-provider';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { OidcRefusal } from '../src/kernel/openid/refusal.ts';
import { newOidc, outcome, SECOND_MS, type TestOidc } from './support/oidc.ts';
import { type Claims, type SignOptions, startIssuer, type TestIssuer } from './support/oidc-provider.ts';
import { giveKeysBack, type SigningKeys, takeKeys } from './support/signing-keys.ts';

let issuer: TestIssuer;
let oidc: TestOidc;
let foreign: SigningKeys;
beforeAll(async () => {
  issuer = await startIssuer({ path: '/realms/acme' });
  oidc = newOidc([issuer]);
  foreign = await takeKeys();
});
afterAll(async () => {
  await issuer.stop();
  giveKeysBack([foreign]);
});

const tenant = 'c0ffee00-1111-4222-8333-444455556666';
const identityFrom = async (claims: Claims) => oidc.verify(await issuer.token(claims));
const publicPart = ({ kty, n, e, crv, x, y }: JWK): JWK => JSON.parse(JSON.stringify({ kty, n, e, crv, x, y }));
const nowSeconds = () => Math.floor(Date.now() / 1000);

/** As Keycloak 26 writes it for a member of a tenant. */
const keycloak: Claims = {
  sub: '8a1f6f0e-2f0c-4f0c-9a55-000000000001',
  typ: 'Bearer',
  azp: 'portal',
  sid: 'b3f0c1d2',
  acr: '1',
  scope: 'openid profile email',
  name: 'Jane Doe',
  preferred_username: 'jane',
  email: 'jane@acme.example',
  email_verified: true,
  realm_access: { roles: ['default-roles-acme', 'offline_access', 'uma_authorization'] },
  resource_access: { account: { roles: ['manage-account', 'view-profile'] } },
  tenant_id: tenant,
  org_roles: ['IT_ADMIN', 'CXO'],
};

// proves A65
test('a token that Keycloak gives to a member of a tenant is understood without configuration', async () => {
  const token = await issuer.token(keycloak, { lifetimeSeconds: 120 });
  expect(await oidc.verify(token)).toEqual({
    issuer: issuer.url,
    subject: keycloak['sub'],
    name: 'Jane Doe',
    tenant_id: tenant,
    platform_roles: [],
    tenant_roles: ['admin', 'billing'],
  });
});

test('roles of the platform come from the realm roles, each by its own name', async () => {
  const roles = ['SALES_REP', 'BREAKPILOT_ADMIN', 'SUPPORT_ENGINEER', 'BREAKPILOT_ADMIN', 'default-roles-acme'];
  expect(await identityFrom({ realm_access: { roles } })).toMatchObject({
    tenant_id: null,
    platform_roles: ['operator', 'support', 'sales'],
    tenant_roles: [],
  });
});

test('a role of the platform in the claim of the tenant gives nothing, and neither does the reverse', async () => {
  const claims = { tenant_id: tenant, org_roles: ['BREAKPILOT_ADMIN'], realm_access: { roles: ['IT_ADMIN'] } };
  expect(await identityFrom(claims)).toMatchObject({ platform_roles: [], tenant_roles: [] });
});

test('roles in a tenant count for nothing when the token names no tenant', async () => {
  expect(await identityFrom({ org_roles: ['IT_ADMIN'] })).toMatchObject({ tenant_id: null, tenant_roles: [] });
});

test('an unknown role gives nothing, under every name and in every shape of the claim', async () => {
  for (const org_roles of [
    ['admin', 'it_admin', '__proto__', 'constructor', ' IT_ADMIN', 7, null, ['IT_ADMIN'], { IT_ADMIN: true }],
    { IT_ADMIN: true },
    'IT_ADMIN,CXO',
    7,
    null,
  ])
    expect(await identityFrom({ tenant_id: tenant, org_roles })).toMatchObject({ tenant_roles: [] });
  expect(await identityFrom({ tenant_id: tenant, org_roles: 'USER' })).toMatchObject({ tenant_roles: ['member'] });
});

test.each<[string, unknown, string | null]>([
  ['a UUID', tenant, tenant],
  ['a UUID in capitals', tenant.toUpperCase(), tenant],
  ['a list of one UUID', [tenant], tenant],
  ['a list of two', [tenant, randomUUID()], null],
  ['the same one twice', [tenant, tenant], null],
  ['an empty list', [], null],
  ['a list in a list', [[tenant]], null],
  ['a slug', 'acme', null],
  ['a UUID and more', `${tenant} `, null],
  ['a UUID on a line of its own', `${tenant}\n`, null],
  ['an object', { id: tenant }, null],
  ['null', null, null],
])('a tenant claim that is %s', async (_, tenant_id, expected) => {
  expect((await identityFrom({ tenant_id })).tenant_id).toBe(expected);
});

test.each<[string, Claims, string]>([
  ['name', { name: 'Jane', preferred_username: 'jane', email: 'j@x' }, 'Jane'],
  ['preferred_username', { name: ' ', preferred_username: 'jane', email: 'j@x' }, 'jane'],
  ['email', { name: 7, email: 'j@x.example' }, 'j@x.example'],
  ['sub', { sub: 'user-7' }, 'user-7'],
])('the name is taken from %s', async (_, claims, expected) => {
  expect((await identityFrom(claims)).name).toBe(expected);
});

test('a name is one line of at most 200 characters that can be stored and does not turn the writing around', async () => {
  expect((await identityFrom({ name: ' Ja\0ne\u202e\r\nD\ud800oe🙂 ' })).name).toBe('Ja ne   D\ufffdoe🙂');
  expect((await identityFrom({ name: '🙂'.repeat(300) })).name).toBe('🙂'.repeat(200));
});

test('a claim is found by its very name first, then along the dots, also through names with dots in them', async () => {
  const custom = newOidc([issuer], {
    AUTH_OIDC_TENANT_CLAIM: 'https://acme.example/tenant',
    AUTH_OIDC_TENANT_ROLES_CLAIM: 'resource_access.tenant.registry.roles',
    AUTH_OIDC_PLATFORM_ROLES_CLAIM: 'a.b',
    AUTH_OIDC_NAME_CLAIM: 'profile.display',
    AUTH_OIDC_ROLE_MAP: 'boss=admin,root=operator',
  });
  const claims = {
    'https://acme.example/tenant': tenant,
    resource_access: { 'tenant.registry': { roles: ['boss', 'IT_ADMIN'] } },
    'a.b': ['root'],
    a: { b: [] },
    profile: { display: 'Jane' },
    name: 'Other',
  };
  expect(await custom.verify(await issuer.token(claims))).toMatchObject({
    name: 'Jane',
    tenant_id: tenant,
    tenant_roles: ['admin'],
    platform_roles: ['operator'],
  });
  const inherited = newOidc([issuer], {
    AUTH_OIDC_NAME_CLAIM: 'constructor.name',
    AUTH_OIDC_TENANT_CLAIM: '__proto__',
  });
  expect(await inherited.verify(await issuer.token({ sub: 'u' }))).toMatchObject({ name: 'u', tenant_id: null });
});

const algorithms: AsymmetricSigningAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'EdDSA',
];
test.each(algorithms)(
  'a token signed with %s is accepted, and refused where the algorithm is not configured',
  async (algorithm) => {
    const token = await issuer.token({}, { algorithm });
    expect(await outcome(oidc.verify(token))).toBe('accepted');
    const AUTH_OIDC_ALGORITHMS = algorithms.filter((each) => each !== algorithm).join();
    expect(await outcome(newOidc([issuer], { AUTH_OIDC_ALGORITHMS }).verify(token))).toBe('algorithm');
  },
);

test('a token for several audiences is accepted when one of them is ours', async () => {
  expect(await outcome(oidc.verify(await issuer.sign({ aud: ['account', issuer.audience] })))).toBe('accepted');
  const two = newOidc([issuer], { AUTH_OIDC_AUDIENCE: 'portal,tenant-registry' });
  expect(await outcome(two.verify(await issuer.token()))).toBe('accepted');
  expect(await outcome(two.verify(await issuer.token({}, { audience: 'portal' })))).toBe('accepted');
  expect(await outcome(oidc.verify(await issuer.token({}, { audience: 'portal' })))).toBe('audience');
});

test('a token lives until its end and the tolerance after it, by our clock, and begins the tolerance before its begin', async () => {
  const own = newOidc([issuer], { AUTH_OIDC_CLOCK_TOLERANCE_SECONDS: '60' });
  const token = await issuer.token({}, { lifetimeSeconds: 1000 });
  own.advance(1040 * SECOND_MS);
  expect(await outcome(own.verify(token))).toBe('accepted');
  own.advance(40 * SECOND_MS);
  expect(await outcome(own.verify(token))).toBe('expired');
  const early = await issuer.sign({ nbf: nowSeconds() + 500, exp: nowSeconds() + 1000 });
  const before = newOidc([issuer], { AUTH_OIDC_CLOCK_TOLERANCE_SECONDS: '60' });
  before.advance(420 * SECOND_MS);
  expect(await outcome(before.verify(early))).toBe('not_yet_valid');
  before.advance(40 * SECOND_MS);
  expect(await outcome(before.verify(early))).toBe('accepted');
});

type Signing = { claims?: Claims; options?: SignOptions };
test.each<[string, string, () => Signing]>([
  ['the wrong audience', 'audience', () => ({ claims: { aud: 'account' } })],
  ['an audience of which ours is a part', 'audience', () => ({ claims: { aud: 'tenant-registry-2' } })],
  ['no audience', 'audience', () => ({ claims: { aud: undefined } })],
  ['an audience that is no text', 'audience', () => ({ claims: { aud: { 'tenant-registry': true } } })],
  ['an expiry that is past', 'expired', () => ({ claims: { exp: nowSeconds() - 31 } })],
  ['no expiry', 'malformed', () => ({ claims: { exp: undefined } })],
  ['an expiry that is no number', 'malformed', () => ({ claims: { exp: '2999-01-01' } })],
  ['an expiry beyond all dates', 'malformed', () => ({ claims: { exp: 1e300 } })],
  ['a begin in the future', 'not_yet_valid', () => ({ claims: { nbf: nowSeconds() + 40 } })],
  ['a begin that is no number', 'malformed', () => ({ claims: { nbf: 'now' } })],
  ['an unknown issuer', 'unknown_issuer', () => ({ claims: { iss: 'https://evil.example' } })],
  ['an issuer that differs by a slash', 'unknown_issuer', () => ({ claims: { iss: `${issuer.url}/` } })],
  ['no issuer', 'malformed', () => ({ claims: { iss: undefined } })],
  ['no subject', 'subject', () => ({ claims: { sub: undefined } })],
  ['an empty subject', 'subject', () => ({ claims: { sub: '' } })],
  ['a subject that is too long', 'subject', () => ({ claims: { sub: 'x'.repeat(201) } })],
  ['a subject with what cannot be seen', 'subject', () => ({ claims: { sub: 'jane\u200b' } })],
  ['a subject that is no text', 'subject', () => ({ claims: { sub: 7 } })],
  ['the type of an ID token of Keycloak', 'type', () => ({ claims: { typ: 'ID' } })],
  ['the type of a refresh token of Keycloak', 'type', () => ({ claims: { typ: 'Refresh' } })],
  ['the type of an offline token of Keycloak', 'type', () => ({ claims: { typ: 'Offline' } })],
  ['the type of a logout token of Keycloak', 'type', () => ({ claims: { typ: 'Logout' } })],
  ['a type that is no text', 'type', () => ({ claims: { typ: ['ID'] } })],
  ['the use of an ID token of Cognito', 'type', () => ({ claims: { token_use: 'id' } })],
  ['the use of a refresh token', 'type', () => ({ claims: { use: 'refresh' } })],
  ['the hash that only ID tokens have', 'type', () => ({ claims: { at_hash: 'x' } })],
  [
    'the events of a logout token',
    'type',
    () => ({ claims: { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } } }),
  ],
  ['the header of a logout token', 'type', () => ({ options: { header: { typ: 'logout+jwt' } } })],
  ['a header type that is a number', 'type', () => ({ options: { header: { typ: 5 } } })],
  ['a header type that is null', 'type', () => ({ options: { header: { typ: null } } })],
  ['a type that no text can be made of', 'type', () => ({ claims: { typ: { toString: 1, valueOf: 1 } } })],
  ['the right type in a list', 'type', () => ({ claims: { typ: ['Bearer'] } })],
  ['the header of a DPoP proof', 'type', () => ({ options: { header: { typ: 'dpop+jwt' } } })],
  ['a key of the sender', 'bound', () => ({ claims: { cnf: { jkt: 'x' } } })],
  ['a key that nobody publishes', 'unknown_key', () => ({ options: { key: foreign.rsa, header: { kid: 'x' } } })],
  ['a foreign key under the name of a known one', 'signature', () => ({ options: { key: foreign.rsa } })],
  [
    'a foreign key under the name of a known one of another kind',
    'unknown_key',
    () => ({ options: { key: foreign.ec, header: { alg: 'ES256', kid: issuer.keys.rsa.kid } } }),
  ],
  ['a name of a key that is no text', 'unknown_key', () => ({ options: { header: { kid: 7 } } })],
])('a token with %s is refused: %s', async (_, reason, signing) => {
  const { claims, options } = signing();
  expect(await outcome(oidc.verify(await issuer.sign(claims, options)))).toBe(reason);
});

test('no JSON value of a header or a claim is more than a refusal', async () => {
  const values: readonly unknown[] = [
    null,
    true,
    5,
    1e300,
    '',
    'x',
    [],
    [[]],
    {},
    { toString: 1, valueOf: 1 },
    { length: -1 },
  ];
  const headers = ['typ', 'cty', 'kid', 'jku', 'jwk', 'x5u', 'x5c', 'x5t', 'crit', 'b64', 'zip', 'epk', 'apu'];
  const claims = [
    'iss',
    'sub',
    'aud',
    'exp',
    'nbf',
    'iat',
    'jti',
    'typ',
    'use',
    'token_use',
    'token_type',
    'cnf',
    'name',
  ];
  const roles = ['tenant_id', 'org_roles', 'realm_access', 'preferred_username', 'email', 'at_hash', 'events'];
  const outcomes = new Set<string>();
  for (const value of values) {
    // Not by the issuer, whose library refuses to sign some of them.
    for (const name of headers)
      outcomes.add(await outcome(oidc.verify(await signedAsIs({ header: { [name]: value } }))));
    for (const name of [...claims, ...roles])
      outcomes.add(await outcome(oidc.verify(await signedAsIs({ claims: { [name]: value } }))));
  }
  expect([...outcomes].sort()).toContain('accepted');
  expect([...outcomes].sort()).toContain('type');
});

/** A token with a good signature over any header and claims. */
async function signedAsIs({ header = {}, claims = {} }: { header?: object; claims?: object }): Promise<string> {
  const { rsa } = issuer.keys;
  const times = { iat: nowSeconds(), exp: nowSeconds() + 300 };
  const parts = [
    { alg: 'RS256', kid: rsa.kid, typ: 'JWT', ...header },
    { iss: issuer.url, aud: issuer.audience, sub: 'user-1', ...times, ...claims },
  ];
  const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const key = await importJWK(rsa, 'RS256');
  if (key instanceof Uint8Array) throw new Error('this is no private key');
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}

test('a token without a signature, or with one made from the public key as a shared secret, is refused', async () => {
  const claims = { iss: issuer.url, aud: issuer.audience, sub: 'user-1', exp: nowSeconds() + 300 };
  expect(await outcome(oidc.verify(new UnsecuredJWT(claims).encode()))).toBe('algorithm');
  for (const alg of ['none', 'None', 'NONE', 'HS256', undefined]) {
    const header = Buffer.from(JSON.stringify({ alg, kid: issuer.keys.rsa.kid })).toString('base64url');
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    expect(await outcome(oidc.verify(`${header}.${body}.`))).toBe(alg === undefined ? 'malformed' : 'algorithm');
  }
  const key = await importJWK(publicPart(issuer.keys.rsa), 'RS256', { extractable: true });
  if (key instanceof Uint8Array) throw new Error('this is no public key');
  const spki = Buffer.from(await crypto.subtle.exportKey('spki', key));
  const pem = `-----BEGIN PUBLIC KEY-----\n${spki.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END PUBLIC KEY-----\n`;
  for (const secret of [spki, Buffer.from(pem), Buffer.from(JSON.stringify(publicPart(issuer.keys.rsa)))])
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      const token = await issuer.sign({}, { header: { alg, kid: issuer.keys.rsa.kid }, key: new Uint8Array(secret) });
      expect(await outcome(oidc.verify(token))).toBe('algorithm');
    }
});

test('the key that a token brings, or says where to fetch, is not looked at', async () => {
  let asked = 0;
  const keys = { keys: [{ ...publicPart(foreign.rsa), kid: 'mine' }] };
  const attacker = http.createServer((_, response) => {
    asked += 1;
    response.end(JSON.stringify(keys));
  });
  onTestFinished(() => void attacker.close());
  await new Promise<void>((resolve) => attacker.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(attacker.address() as AddressInfo).port}/keys`;
  for (const brought of [{ jku: url }, { x5u: url }, { jwk: keys.keys[0] }, { jku: url, jwk: keys.keys[0] }])
    for (const [kid, reason] of [
      ['mine', 'unknown_key'],
      [issuer.keys.rsa.kid, 'signature'],
    ]) {
      const token = await issuer.sign({}, { header: { ...brought, kid }, key: foreign.rsa });
      expect(await outcome(oidc.verify(token))).toBe(reason);
    }
  expect(asked).toBe(0);
});

test('a token that was changed after it was signed is refused, wherever it was changed', async () => {
  const [header = '', body = '', signature = ''] = (await issuer.token(keycloak)).split('.');
  const other = Buffer.from(JSON.stringify({ ...keycloak, iss: issuer.url, aud: issuer.audience, exp: 9e9 }));
  for (const [token, reason] of [
    [`${header}.${other.toString('base64url')}.${signature}`, 'signature'],
    [`${header}.${body}.${signature.slice(0, -8)}AAAAAAAA`, 'signature'],
    [`${header}.${body}.`, 'signature'],
    [`${header}.${body}.${signature}.`, 'malformed'],
    [`${header}.${body}.${signature}=`, 'malformed'],
    [`${header}.${body} .${signature}`, 'signature'],
  ])
    expect(await outcome(oidc.verify(token as string)), token).toBe(reason);
});

test('text that is no token, and a very long token, are refused at once', async () => {
  const crit = await issuer.sign().then((token) => token.split('.'));
  const withCrit = { alg: 'RS256', kid: issuer.keys.rsa.kid, crit: ['exp'], exp: 1 };
  const strange = [Buffer.from(JSON.stringify(withCrit)).toString('base64url'), ...crit.slice(1)].join('.');
  for (const token of [
    '',
    '.',
    '..',
    'abc',
    'a.b.c',
    'e30.e30.e30',
    'e30.W10.',
    'W10.e30.',
    'a.b.c.d.e',
    strange,
    '\0',
  ])
    expect(await outcome(oidc.verify(token)), token).toBe('malformed');
  const asked = { ...issuer.requests };
  const long = await issuer.sign({ more: 'x'.repeat(9000) }, { header: { kid: 'unknown' } });
  expect(long.length).toBeGreaterThan(12_288);
  expect(await outcome(oidc.verify(long))).toBe('malformed');
  expect(issuer.requests).toEqual(asked);
  expect(await outcome(oidc.verify(await issuer.token({ more: 'x'.repeat(8000) })))).toBe('accepted');
});

test('why a token is refused can stand in a header, and neither it nor a log has anything of the token in it', async () => {
  const secret = 'Zk8Qx2Lm';
  for (const claims of [{ aud: secret }, { sub: ` ${secret}` }, { iss: secret }, { typ: secret }, { exp: secret }]) {
    const token = await issuer.sign(claims);
    const refusal = await oidc.verify(token).catch((error) => error);
    expect(refusal).toBeInstanceOf(OidcRefusal);
    expect(refusal.message).toMatch(/^[ !#-[\]-~]{10,200}$/);
    expect(refusal.message).not.toContain(secret);
    for (const line of oidc.logs) expect(line).not.toContain(token.split('.')[1]);
  }
});
