// engine: postgres
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newProgram, newTrustDomain, PROGRAM_AUDIENCE, type Program } from '../../../test/support/programs.ts';
import { giveRole } from '../../../test/support/role-holders.ts';
import {
  DAY_MS,
  newProject,
  newTenant,
  startTestServer,
  type TestServer,
  tenantIn,
  UNKNOWN,
} from '../../../test/support/server.ts';
import { testConfig } from '../../testing.ts';

let server: TestServer;
let tenant_id: string;
let program: Program;
beforeAll(async () => {
  server = await startTestServer();
  tenant_id = (await newTenant(server)).id;
  program = await newProgram(server, tenant_id);
});
afterAll(() => server.close());

const me = (token: string, headers: Readonly<Record<string, string>> = program.headers) =>
  server.call('GET /v1/me', { token, headers });

/** Why the credentials were refused since the last call, for the audit log. */
const reasons = () =>
  server.app.deps.accessLog
    .drain()
    .flatMap(({ note }) => (note.kind === 'failed' ? [[note.credential, note.reason]] : []));

/** The caller has proved nothing, and learns nothing but that. */
const UNPROVED = 'The token proves no service identity of the tenant that X-Tenant-Id names.';

async function refusal(token: string, headers = program.headers as Readonly<Record<string, string>>) {
  reasons();
  const { status, body } = await me(token, headers);
  expect([status, body.code]).toEqual([401, 'unauthenticated']);
  return { detail: body.detail, reasons: reasons() };
}

const seconds = (offset = 0) => Math.floor(server.clock.now().getTime() / 1000) + offset;

// proves C37
test('a JWT-SVID of a trusted domain, sent with its tenant, is the program', async () => {
  const { status, body } = await me(await program.token());
  expect(status).toBe(200);
  expect(body).toMatchObject({
    type: 'service_identity',
    id: program.id,
    name: 'Exporter',
    tenant_id,
    permissions: [],
  });
  expect((await me(await program.token({ aud: PROGRAM_AUDIENCE }))).status).toBe(200);
  expect((await me(await program.token({ aud: ['other', PROGRAM_AUDIENCE], iat: undefined }))).status).toBe(200);
  expect((await me(await program.token({}, { typ: undefined }))).status).toBe(200);
  expect((await me(await program.token({ exp: seconds(DAY_MS / 1000 - 60) }))).status).toBe(200);
});

const broken: [string, string, Record<string, unknown>, Record<string, unknown>][] = [
  ['another audience', 'audience', { aud: ['elsewhere'] }, {}],
  ['no audience', 'audience', { aud: undefined }, {}],
  ['no end', 'malformed', { exp: undefined }, {}],
  ['an end that is no number', 'malformed', { exp: 'later' }, {}],
  ['an end in the past', 'expired', { exp: 1_700_000_000 }, {}],
  ['a beginning in the future', 'not_yet_valid', { nbf: 4_000_000_000 }, {}],
  ['a type of another token', 'type', {}, { typ: 'logout+jwt' }],
  ['a key of its sender', 'bound', { cnf: { jkt: 'x' } }, {}],
];

test.each(broken)('a JWT-SVID with %s is refused: %s', async (_, reason, claims, header) => {
  const { reasons: noted, detail } = await refusal(await program.token(claims, header));
  expect(noted).toEqual([['service_jwt', reason]]);
  expect(detail).not.toBe(UNPROVED);
});

test('a JWT-SVID that lives for more than a day is refused, whenever it says that it was made', async () => {
  const day = DAY_MS / 1000;
  for (const claims of [
    { exp: seconds(day + 120) },
    { iat: undefined, exp: seconds(day + 120) },
    { iat: seconds(day), exp: seconds(day + 120) },
    { iat: seconds(-day), exp: seconds(120) },
  ])
    expect((await refusal(await program.token(claims))).reasons, JSON.stringify(claims)).toEqual([
      ['service_jwt', 'lifetime'],
    ]);
});

test('whoever proves nothing gets one answer, and the audit log the reason', async () => {
  const stranger = await newTrustDomain();
  const forged = await stranger.sign({ sub: program.subject, aud: [PROGRAM_AUDIENCE], exp: seconds(300) });
  const good = await program.token();
  const cases: [string, string][] = [
    [forged, 'signature'],
    [await program.token({}, { kid: 'other' }), 'unknown_key'],
    [await program.token({ sub: 'spiffe://elsewhere.example/x' }), 'unknown_identity'],
    [await program.token({ sub: undefined }), 'malformed'],
    [await program.token({ sub: 'spiffe://a b' }), 'malformed'],
    [`${good.slice(0, good.lastIndexOf('.'))}.`, 'signature'],
    [`${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`, 'algorithm'],
    [`${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${good.split('.')[1]}.x`, 'algorithm'],
    [`${Buffer.from('{"alg":"EdDSA"}').toString('base64url')}.${good.split('.')[1]}.x`, 'algorithm'],
    ['a.b.c', 'malformed'],
  ];
  for (const [token, reason] of cases) {
    const { detail, reasons: noted } = await refusal(token);
    expect([detail, noted]).toEqual([UNPROVED, [['service_jwt', reason]]]);
  }
});

test('keys that the token itself brings or names prove nothing', async () => {
  const stranger = await newTrustDomain();
  const [jwk] = stranger.bundle.keys;
  const claims = { sub: program.subject, aud: [PROGRAM_AUDIENCE], exp: seconds(300) };
  for (const header of [{ jwk }, { jku: 'https://evil.example/keys' }, { x5u: 'https://evil.example/cert' }])
    expect((await refusal(await stranger.sign(claims, header))).reasons).toEqual([['service_jwt', 'signature']]);
});

describe('the tenant that the header names', () => {
  test('is asked for by every token: another tenant knows neither program nor keys', async () => {
    const other = (await newTenant(server)).id;
    const { reasons: noted } = await refusal(await program.token(), { 'x-tenant-id': other });
    expect(noted).toEqual([['service_jwt', 'unknown_identity']]);
    expect((await refusal(await program.token(), { 'x-tenant-id': UNKNOWN })).reasons).toEqual(noted);
  });

  test('must be one UUID, which is decided before anything is looked up', async () => {
    for (const header of ['acme', '', `${tenant_id}, ${tenant_id}`, `${tenant_id}'`]) {
      const { detail, reasons: noted } = await refusal(await program.token(), { 'x-tenant-id': header });
      expect([detail, noted]).toEqual(['X-Tenant-Id must be the UUID of a tenant.', [['service_jwt', 'malformed']]]);
    }
    expect((await me(await program.token(), { 'x-tenant-id': tenant_id.toUpperCase() })).status).toBe(200);
  });

  test('makes a JWT one of a program: without it, a JWT is an access token', async () => {
    reasons();
    expect((await me(await program.token(), {})).status).toBe(401);
    expect(reasons()).toEqual([['jwt', 'unknown_issuer']]);
  });

  test('may know a program by the same subject, and believes its own keys alone', async () => {
    const { id: other } = await newTenant(server);
    const domain = await newTrustDomain(program.subject.split('/')[2]);
    const twin = await newProgram(server, other, { domain, subject: program.subject });
    const claims = { sub: program.subject };
    expect((await me(await twin.token(claims), twin.headers)).body).toMatchObject({ id: twin.id, tenant_id: other });
    expect((await me(await program.token(claims))).body).toMatchObject({ id: program.id, tenant_id });
    expect((await refusal(await twin.token(claims))).reasons).toEqual([['service_jwt', 'signature']]);
    expect((await refusal(await program.token(claims), twin.headers)).reasons).toEqual([['service_jwt', 'signature']]);
  });
});

describe('what a program may do', () => {
  test('comes from the roles of its groups, inside its tenant', async () => {
    const strong = await newProgram(server, tenant_id);
    await giveRole(server, tenant_id, { type: 'service_identity', id: strong.id }, 'admin');
    const { headers } = strong;
    const token = await strong.token();
    expect((await me(token, headers)).body).toMatchObject({ roles: ['admin'] });
    const read = await server.call(`GET /v1/service-identities?tenant_id=${tenant_id}`, { token, headers });
    expect(read.status).toBe(200);
    const other = await newTenant(server);
    expect((await server.call(`GET /v1/tenants/${other.id}`, { token, headers })).status).toBe(404);
    const body = { tenant_id, display_name: 'x', federation_kind: 'api_token' };
    const made = await server.call('POST /v1/service-identities', { token, headers, body });
    const { body: trail } = await server.call(`GET /v1/audit?target_id=${made.body.id}`);
    const actor = { type: 'service_identity', id: strong.id, name: 'Exporter' };
    expect(trail.items).toMatchObject([{ actor }]);
  });

  test('ends at its project when it is bound to one, whatever its groups hold', async () => {
    const { id } = await tenantIn(server, 'active');
    const [project, sibling] = [await newProject(server, id), await newProject(server, id)];
    const bound = await newProgram(server, id, { project_id: project.id });
    await giveRole(server, id, { type: 'service_identity', id: bound.id }, 'admin');
    const call = async (operation: string) =>
      (await server.call(operation, { token: await bound.token(), headers: bound.headers })).status;
    expect(await call(`GET /v1/projects/${project.id}`)).toBe(200);
    expect(await call(`GET /v1/projects/${sibling.id}`)).toBe(404);
    // No key that is bound to a project could do that either.
    expect(await call(`GET /v1/idp-configs?tenant_id=${id}`)).toBe(403);
    const { body } = await me(await bound.token(), bound.headers);
    expect(body).toMatchObject({ project_id: project.id });
    expect(body.permissions).not.toContain('users:read');
  });
});

test('a deactivated program is told so, and a deleted one is nobody', async () => {
  const ended = await newProgram(server, tenant_id);
  await server.call(`POST /v1/service-identities/${ended.id}/deactivate`);
  expect(await refusal(await ended.token())).toEqual({
    detail: 'This service identity is deactivated.',
    reasons: [['service_jwt', 'service_identity_disabled']],
  });
  await server.call(`POST /v1/service-identities/${ended.id}/activate`);
  expect((await me(await ended.token())).status).toBe(200);
  await server.call(`DELETE /v1/service-identities/${ended.id}`);
  expect((await refusal(await ended.token())).reasons).toEqual([['service_jwt', 'unknown_identity']]);
});

test('a program of a frozen tenant reads, one of an archived tenant does nothing', async () => {
  const { id } = await tenantIn(server, 'active');
  const held = await newProgram(server, id);
  await server.call(`POST /v1/tenants/${id}/cancel`);
  expect((await me(await held.token(), held.headers)).status).toBe(200);
  await server.call(`POST /v1/tenants/${id}/archive`);
  expect((await refusal(await held.token(), held.headers)).reasons).toEqual([['service_jwt', 'tenant_archived']]);
});

test('a program of another kind has no tokens', async () => {
  const { body } = await server.call('POST /v1/service-identities', {
    body: { tenant_id, display_name: 'x', federation_kind: 'api_token' },
  });
  expect((await refusal(await program.token({ sub: body.subject }))).reasons).toEqual([['service_jwt', 'api_token']]);
});

test('the domain is believed by its newest keys alone, and not at all once it is removed', async () => {
  const domain = await newTrustDomain();
  const held = await newProgram(server, tenant_id, { domain });
  const next = await newTrustDomain(domain.name, 'k2');
  const set = (keys: object) =>
    server.call('PUT /v1/trust-bundles', { body: { tenant_id, trust_domain: domain.name, keys } });
  const token = async (signer: typeof domain) =>
    signer.sign({ sub: held.subject, aud: [PROGRAM_AUDIENCE], exp: seconds(300) });
  await set({ keys: [...domain.bundle.keys, ...next.bundle.keys] });
  expect((await me(await token(domain))).status).toBe(200);
  expect((await me(await token(next))).status).toBe(200);
  await set(next.bundle);
  expect((await refusal(await token(domain))).reasons).toEqual([['service_jwt', 'unknown_key']]);
  expect((await me(await token(next))).status).toBe(200);
  await server.call(`DELETE /v1/trust-bundles?tenant_id=${tenant_id}&trust_domain=${domain.name}`);
  expect((await refusal(await token(next))).reasons).toEqual([['service_jwt', 'untrusted_domain']]);
});

test('the token of a deactivated program locks no address out, however often it comes; forged ones do', async () => {
  const strict = await startTestServer({ limits: { ...testConfig.limits, failuresPerMinute: 3 } });
  const { id } = await newTenant(strict);
  const ended = await newProgram(strict, id);
  await strict.call(`POST /v1/service-identities/${ended.id}/deactivate`);
  const send = async (token: string) => (await strict.call('GET /v1/me', { token, headers: ended.headers })).status;
  const genuine = await ended.token();
  for (let time = 0; time < 6; time += 1) expect(await send(genuine)).toBe(401);
  const forged = await (await newTrustDomain()).sign({ sub: ended.subject, aud: PROGRAM_AUDIENCE, exp: seconds(60) });
  const answers = [];
  for (let time = 0; time < 6; time += 1) answers.push(await send(forged));
  expect([answers[0], answers[5]]).toEqual([401, 429]);
  await strict.close();
});
