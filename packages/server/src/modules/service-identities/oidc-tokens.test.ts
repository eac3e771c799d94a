// engine: postgres
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startIssuer, type TestIssuer, type TokenOptions } from '../../../test/support/oidc-provider.ts';
import { DAY_MS, madeIn, newTenant, oidcFor, startTestServer, type TestServer } from '../../../test/support/server.ts';
import { type OutboundEntry, outboundEntry } from '../../kernel/outbound/policy.ts';
import { createOutbound } from '../../kernel/outbound.ts';

const AUDIENCE = 'tenant-registry';
const SUBJECT = 'exporter';

let issuer: TestIssuer;
let stranger: TestIssuer;
let server: TestServer;
beforeAll(async () => {
  [issuer, stranger] = [await startIssuer({ path: '/realms/acme' }), await startIssuer()];
  const outbound = createOutbound({ allow: [outboundEntry('127.0.0.1') as OutboundEntry] });
  // The platform trusts the stranger's access tokens, and the tenants trust the issuer's.
  server = await startTestServer({ outbound, oidc: oidcFor(stranger) });
});
afterAll(async () => {
  await server.close();
  await issuer.stop();
  await stranger.stop();
});
beforeEach(() => void reasons());

interface Held {
  readonly id: string;
  readonly tenant_id: string;
  readonly config: string;
}

async function newProgram(fields: Record<string, unknown> = {}, url = issuer.url): Promise<Held> {
  const { id: tenant_id } = await newTenant(server);
  const config = await madeIn(server, tenant_id, 'idp-configs', { kind: 'oidc', alias: 'IdP', issuer: url });
  const { id } = await madeIn(server, tenant_id, 'service-identities', {
    display_name: 'Exporter',
    federation_kind: 'oidc_cc',
    subject: SUBJECT,
    audience: AUDIENCE,
    idp_config_id: config.id,
    ...fields,
  });
  return { id, tenant_id, config: config.id };
}

const tokenOf = (options?: TokenOptions) => issuer.token({ sub: SUBJECT }, options);
const me = (token: string, { tenant_id }: Held) =>
  server.call('GET /v1/me', { token, headers: { 'x-tenant-id': tenant_id } });
const reasons = () =>
  server.app.deps.accessLog.drain().flatMap(({ note }) => (note.kind === 'failed' ? [note.reason] : []));

async function reasonFor(token: string, held: Held) {
  const { status, body } = await me(token, held);
  expect([status, body.code]).toEqual([401, 'unauthenticated']);
  return reasons().join();
}

// proves C37
test('a token of the client credentials grant is the program, for each algorithm that the provider signs with', async () => {
  const program = await newProgram();
  for (const algorithm of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    const { status, body } = await me(await tokenOf({ algorithm }), program);
    expect([status, body]).toMatchObject([
      200,
      { type: 'service_identity', id: program.id, name: 'Exporter', tenant_id: program.tenant_id },
    ]);
  }
});

test.each<[string, string, Record<string, unknown>, Record<string, unknown>]>([
  ['another audience', 'audience', { aud: 'elsewhere' }, {}],
  ['no end', 'malformed', { exp: undefined }, {}],
  ['no beginning', 'malformed', { iat: undefined }, {}],
  ['an end in the past', 'expired', { exp: 1_700_000_000 }, {}],
  ['an end that is years away', 'lifetime', { exp: 4_000_000_000 }, {}],
  ['the type of an ID token', 'type', { at_hash: 'x' }, {}],
  ['the type of a logout token', 'type', {}, { typ: 'logout+jwt' }],
  ['a key of its sender', 'bound', { cnf: { jkt: 'x' } }, {}],
  ['another issuer', 'unknown_issuer', { iss: 'https://elsewhere.example' }, {}],
  ['no issuer', 'unknown_issuer', { iss: undefined }, {}],
  ['a subject that nobody has', 'unknown_identity', { sub: 'other' }, {}],
  ['a key that is not published', 'unknown_key', {}, { kid: 'other' }],
])('a token with %s is refused: %s', async (_, reason, claims, header) => {
  const program = await newProgram();
  expect(await reasonFor(await issuer.sign({ sub: SUBJECT, ...claims }, { header }), program)).toBe(reason);
});

test('a token of another issuer, or signed by another, is not believed although it names this one', async () => {
  const program = await newProgram();
  expect(await reasonFor(await stranger.token({ sub: SUBJECT }), program)).toBe('unknown_issuer');
  const key = stranger.keys.rsa;
  const kid = String(issuer.keys.rsa.kid);
  expect(await reasonFor(await issuer.sign({ sub: SUBJECT }, { key, header: { kid } }), program)).toBe('signature');
});

test('a symmetric signature, also with the published key as its secret, and none at all are refused before any question', async () => {
  const program = await newProgram();
  const before = { ...issuer.requests };
  const secret = new TextEncoder().encode(JSON.stringify(issuer.keys.rsa.n));
  const symmetric = await issuer.sign({ sub: SUBJECT }, { key: secret, header: { alg: 'HS256' } });
  expect(await reasonFor(symmetric, program)).toBe('algorithm');
  const [, payload] = symmetric.split('.');
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
  expect(await reasonFor(none, program)).toBe('algorithm');
  expect(issuer.requests).toEqual(before);
});

test('the header decides between tenants that know one issuer and one subject; without it the token is nobody', async () => {
  const [mine, theirs] = [await newProgram(), await newProgram()];
  const token = await tokenOf();
  expect((await me(token, mine)).body).toMatchObject({ id: mine.id, tenant_id: mine.tenant_id });
  expect((await me(token, theirs)).body).toMatchObject({ id: theirs.id, tenant_id: theirs.tenant_id });
  const none = await newTenant(server);
  expect(await reasonFor(token, { ...mine, tenant_id: none.id })).toBe('unknown_identity');
  expect((await server.call('GET /v1/me', { token })).status).toBe(401);
});

test('a token of an issuer of the platform is no person when it comes with the header', async () => {
  const program = await newProgram();
  const token = await stranger.token({ realm_access: { roles: ['BREAKPILOT_ADMIN'] }, sub: SUBJECT });
  expect((await server.call('GET /v1/me', { token })).body.roles).toEqual(['operator']);
  expect(await reasonFor(token, program)).toBe('unknown_issuer');
});

test('a deactivated program, and one whose configuration is deactivated or has another issuer, is refused', async () => {
  const program = await newProgram();
  expect((await me(await tokenOf(), program)).status).toBe(200);
  await server.call(`POST /v1/service-identities/${program.id}/deactivate`);
  expect(await reasonFor(await tokenOf(), program)).toBe('service_identity_disabled');
  await server.call(`POST /v1/service-identities/${program.id}/activate`);
  await server.call(`DELETE /v1/idp-configs/${program.config}`);
  expect(await reasonFor(await tokenOf(), program)).toBe('idp_config_inactive');
  const config = (body: object) => server.call(`PATCH /v1/idp-configs/${program.config}`, { body });
  expect((await config({ status: 'active' })).status).toBe(200);
  expect((await me(await tokenOf(), program)).status).toBe(200);
  expect((await config({ issuer: stranger.url })).status).toBe(200);
  expect(await reasonFor(await tokenOf(), program)).toBe('unknown_issuer');
});

test('keys that the provider rotates are learnt from the first token of them, and withdrawn ones end', async () => {
  const own = await startIssuer();
  const program = await newProgram({}, own.url);
  const old = await own.token({ sub: SUBJECT });
  expect((await me(old, program)).status).toBe(200);
  await own.rotateKeys({ withdraw: true });
  expect((await me(await own.token({ sub: SUBJECT }), program)).status).toBe(200);
  expect(await reasonFor(old, program)).toBe('unknown_key');
  // Asked once more, because the old key could have come back, and then not for a while.
  expect(await reasonFor(old, program)).toBe('unknown_key');
  expect(own.requests.keys).toBe(3);
  await own.stop();
});

test('a provider that cannot be reached is no refusal', async () => {
  const own = await startIssuer();
  const program = await newProgram({}, own.url);
  const token = await own.token({ sub: SUBJECT });
  await own.pause();
  const { status, body, headers } = await me(token, program);
  expect([status, body.code]).toEqual([503, 'unavailable']);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(reasons()).toEqual([]);
  await own.stop();
});

test('a token lives for a day at most', async () => {
  const program = await newProgram();
  const day = DAY_MS / 1000;
  expect((await me(await tokenOf({ lifetimeSeconds: day - 60 }), program)).status).toBe(200);
  expect(await reasonFor(await tokenOf({ lifetimeSeconds: day + 60 }), program)).toBe('lifetime');
});
