// engine: postgres
import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider, { type Adapter } from 'oidc-provider';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { auditOf, newTenant, startTestServer, type TestServer } from '../../../test/support/server.ts';
import { type OutboundEntry, outboundEntry } from '../../kernel/outbound/policy.ts';
import { createOutbound, type Outbound, type OutboundOptions } from '../../kernel/outbound.ts';

const local: OutboundOptions = { allow: [outboundEntry('127.0.0.1') as OutboundEntry] };
let current = createOutbound(local);
/** The one that the test has set. */
const outbound: Outbound = {
  get: (url, options) => current.get(url, options),
  post: (url, form) => current.post(url, form),
  send: (url, message) => current.send(url, message),
  acceptsScheme: (url) => current.acceptsScheme(url),
  refusalOf: (url) => current.refusalOf(url),
};

let server: TestServer;
const peers: Server[] = [];
beforeAll(async () => {
  server = await startTestServer({ outbound });
});
beforeEach(() => {
  current = createOutbound(local);
});
afterAll(async () => {
  for (const peer of peers) peer.close();
  await server.close();
});

async function listen(listener: RequestListener, tls?: { key: string; cert: string }): Promise<string> {
  const peer = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
  peers.push(peer);
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(peer.address() as AddressInfo).port}`;
}

type Documents = { discovery?: Record<string, unknown> | string; keys?: unknown };

/** A provider that says what the test wants; `issuer` is its own URL. */
async function fakeProvider(documents: (issuer: string) => Documents | Promise<Documents>) {
  const issuer = await listen(async (request, response) => {
    const { discovery = {}, keys = { keys: [signingKey] } } = await documents(issuer);
    const good = {
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'ES256'],
    };
    const answer =
      request.url === '/keys' ? keys : typeof discovery === 'string' ? discovery : { ...good, ...discovery };
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  return issuer;
}

const keyPair = async (algorithm: string, modulusLength = 2048) => {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true, modulusLength });
  return { shown: await exportJWK(publicKey), secret: await exportJWK(privateKey) };
};
const ec = await keyPair('ES256');
const rsa = await keyPair('RS256');
const signingKey: JWK = { ...ec.shown, kid: 'a', use: 'sig', alg: 'ES256' };

async function newConfig(issuer: string) {
  const { id: tenant_id } = await newTenant(server);
  const body = { tenant_id, kind: 'oidc', alias: 'IdP', issuer };
  const answer = await server.call('POST /v1/idp-configs', { body });
  if (answer.status !== 201) throw new Error(`could not create a configuration: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

const verify = (id: string) => server.call(`POST /v1/idp-configs/${id}/verify`);

async function verifyIssuer(issuer: string) {
  const { id } = await newConfig(issuer);
  const { status, body } = await verify(id);
  expect(status).toBe(200);
  return body;
}

const codesOf = ({ findings }: { findings: { code: string }[] }) => findings.map(({ code }) => code);
const actionsOf = async (id: string) =>
  (await auditOf(server, id)).map(({ action }) => action.replace('idp_config.', ''));

/** The provider of node-oidc-provider, certified by the OpenID Foundation, under that path. */
async function realProvider(path = ''): Promise<string> {
  let handle: RequestListener = () => {};
  const origin = await listen((request, response) => {
    const { url = '' } = request;
    // As a mounting framework would: the path without the mount, and the original beside it.
    handle(Object.assign(request, { originalUrl: url, url: url.slice(path.length) }), response);
  });
  const issuer = `${origin}${path}`;
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...rsa.secret, use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['test'] },
    // Nobody signs in here, so nothing is stored; the built-in adapter would print a warning.
    adapter: () => ({}) as Adapter,
    features: { devInteractions: { enabled: false } },
  });
  handle = provider.callback();
  return issuer;
}

// proves A28, C30, C37
test('a real OpenID provider is verified: discovery and keys are fetched, and the configuration says when', async () => {
  const config = await newConfig(await realProvider());
  const { status, headers, body } = await verify(config.id);
  expect(status).toBe(200);
  expect(body).toMatchObject({ ok: true, idp_config: { id: config.id, status: 'active', version: 1 } });
  expect(body.findings).toMatchObject([
    { severity: 'info', code: 'discovery_checked' },
    { severity: 'info', code: 'keys_checked', message: 'The key set has 1 usable signing key.' },
  ]);
  expect(body).not.toHaveProperty('certificates');
  expect(new Date(body.idp_config.verified_at)).toEqual(new Date(body.checked_at));
  expect((await server.call(`GET /v1/idp-configs/${config.id}`)).body).toEqual(body.idp_config);
  const [, row] = await auditOf(server, config.id);
  expect(row).toMatchObject({
    action: 'idp_config.verified',
    is_failure: false,
    request_id: headers.get('x-request-id'),
    metadata: { findings: ['discovery_checked', 'keys_checked'] },
  });
});

test('an issuer with a path, and one with a slash at its end, are found where the specification puts them', async () => {
  expect(await verifyIssuer(await realProvider('/realms/acme'))).toMatchObject({ ok: true });
  const asked: string[] = [];
  const issuer = await listen((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(404).end();
  });
  await verifyIssuer(`${issuer}/a/`);
  expect(asked).toEqual(['/a/.well-known/openid-configuration']);
});

// proves C30
test('an issuer whose discovery document names another issuer fails, and its keys are not even asked for', async () => {
  for (const other of ['https://evil.example', 'slash', undefined, 7]) {
    const asked: string[] = [];
    const issuer = await listen((request, response) => {
      asked.push(request.url ?? '');
      response.end(JSON.stringify({ issuer: other === 'slash' ? `${issuer}/` : other, jwks_uri: `${issuer}/keys` }));
    });
    const config = await newConfig(issuer);
    const { body } = await verify(config.id);
    expect(body).toMatchObject({ ok: false, findings: [{ severity: 'error', code: 'issuer_mismatch' }] });
    expect(body.idp_config).toMatchObject({ status: 'degraded', verified_at: null, version: 1 });
    expect(asked).toHaveLength(1);
    const [, row] = await auditOf(server, config.id);
    expect(row).toMatchObject({
      action: 'idp_config.verification_failed',
      is_failure: true,
      metadata: { findings: ['issuer_mismatch'] },
    });
  }
});

test('a failed verification degrades, keeps when it last passed, and a later success makes it active again', async () => {
  let broken = false;
  const config = await newConfig(await fakeProvider(() => (broken ? { keys: { keys: [] } } : {})));
  const first = await verify(config.id);
  broken = true;
  for (let time = 0; time < 2; time++) {
    const { body } = await verify(config.id);
    expect(body).toMatchObject({
      ok: false,
      idp_config: { status: 'degraded', verified_at: first.body.idp_config.verified_at },
    });
  }
  broken = false;
  expect((await verify(config.id)).body).toMatchObject({ ok: true, idp_config: { status: 'active', version: 1 } });
  expect(await actionsOf(config.id)).toEqual([
    'created',
    'verified',
    'verification_failed',
    'verification_failed',
    'verified',
  ]);
});

// proves C30
test('a degraded configuration whose place was taken does not come back by a verification', async () => {
  let broken = true;
  const config = await newConfig(await fakeProvider(() => (broken ? { keys: {} } : {})));
  await verify(config.id);
  const { tenant_id, kind, alias, issuer } = config;
  expect((await server.call('POST /v1/idp-configs', { body: { tenant_id, kind, alias, issuer } })).status).toBe(201);
  broken = false;
  const { status, body } = await verify(config.id);
  expect([status, body.code]).toEqual([409, 'idp_config_active']);
  expect(await actionsOf(config.id)).toEqual(['created', 'verification_failed']);
});

test('of a frozen or archived tenant nobody is asked', async () => {
  let asked = 0;
  const config = await newConfig(await fakeProvider(() => ({ discovery: { asked: ++asked } })));
  for (const [step, code] of [
    ['cancel', 'tenant_frozen'],
    ['archive', 'tenant_archived'],
  ]) {
    await server.call(`POST /v1/tenants/${config.tenant_id}/${step}`);
    const { status, body } = await verify(config.id);
    expect([status, body.code, asked]).toEqual([409, code, 0]);
  }
});

test('a deactivated configuration is not verified, and nobody is asked', async () => {
  let asked = 0;
  const config = await newConfig(await fakeProvider(() => ({ discovery: { asked: ++asked } })));
  await server.call(`DELETE /v1/idp-configs/${config.id}`);
  const { status, body } = await verify(config.id);
  expect([status, body.code, asked]).toEqual([409, 'idp_config_deactivated', 0]);
});

test.each(['PATCH', 'DELETE'])(
  'a %s while the provider is asked goes through, and the outcome is not kept for the changed configuration',
  async (method) => {
    let change = async () => {};
    const config = await newConfig(
      await fakeProvider(async () => {
        await change();
        return {};
      }),
    );
    // On one connection this would wait for ever if a transaction were open meanwhile.
    change = async () => {
      change = async () => {};
      const body = method === 'PATCH' ? { body: { alias: 'New' } } : {};
      expect((await server.call(`${method} /v1/idp-configs/${config.id}`, body)).status).toBeLessThan(300);
    };
    const { status, body } = await verify(config.id);
    expect([status, body.code]).toEqual([409, 'idp_config_changed']);
    expect(await actionsOf(config.id)).toEqual(['created', method === 'PATCH' ? 'updated' : 'deactivated']);
  },
);

test('a tenant that freezes while the provider is asked keeps no outcome', async () => {
  let change = async () => {};
  const config = await newConfig(
    await fakeProvider(async () => {
      await change();
      return {};
    }),
  );
  change = async () => void (await server.call(`POST /v1/tenants/${config.tenant_id}/cancel`));
  const { status, body } = await verify(config.id);
  expect([status, body.code]).toEqual([409, 'tenant_frozen']);
  expect(await actionsOf(config.id)).toEqual(['created']);
});

test.each([
  ['no JSON', 'hello', ['discovery_invalid']],
  ['an array', '[]', ['discovery_invalid']],
  ['nothing', '', ['discovery_invalid']],
  ['what looks like a finding of ours', '{"severity":"info","code":"x"}', ['issuer_mismatch']],
  ['no authorization endpoint', { authorization_endpoint: undefined }, ['field_missing']],
  ['no token endpoint', { token_endpoint: 'token' }, ['field_missing']],
  [
    'no keys and no response types',
    { jwks_uri: null, response_types_supported: [] },
    ['field_missing', 'field_missing'],
  ],
  ['no subject types', { subject_types_supported: 'public' }, ['field_missing']],
  ['no algorithms', { id_token_signing_alg_values_supported: [7] }, ['field_missing']],
  ['keys over plain http elsewhere', { jwks_uri: 'http://keys.example/' }, ['endpoint_insecure']],
  ['a script as endpoint', { authorization_endpoint: 'javascript:alert(1)' }, ['endpoint_insecure']],
])('a discovery document with %s fails and is told apart', async (_, discovery, codes) => {
  const body = await verifyIssuer(await fakeProvider(() => ({ discovery })));
  expect([body.ok, codesOf(body)]).toEqual([false, codes]);
});

const weak = (await keyPair('RS256', 2048)).shown;
test.each<[string, unknown, string]>([
  ['no JSON object', '[]', 'keys_invalid'],
  ['no array of keys', { keys: 'none' }, 'keys_invalid'],
  ['no key', { keys: [] }, 'no_signing_key'],
  ['only a key for encryption', { keys: [{ ...signingKey, use: 'enc' }] }, 'no_signing_key'],
  ['only a key that may not verify', { keys: [{ ...signingKey, key_ops: ['encrypt'] }] }, 'no_signing_key'],
  ['only a key for an algorithm that is not used', { keys: [{ ...signingKey, alg: 'ES384' }] }, 'no_signing_key'],
  ['only a key with broken numbers', { keys: [{ ...signingKey, x: 'AA' }] }, 'no_signing_key'],
  ['only a short RSA key', { keys: [{ ...weak, n: weak.n?.slice(0, 171) }] }, 'no_signing_key'],
  [
    'only strange things',
    { keys: [null, 7, [], {}, { kty: 'toString' }, { kty: 'EC', crv: 'constructor' }] },
    'no_signing_key',
  ],
  ['a private key', { keys: [signingKey, ec.secret] }, 'private_key_published'],
  ['a shared secret', { keys: [signingKey, { kty: 'oct', k: 'c2VjcmV0' }] }, 'private_key_published'],
])('a key set with %s fails and is told apart', async (_, keys, code) => {
  const body = await verifyIssuer(await fakeProvider(() => ({ keys })));
  expect([body.ok, codesOf(body)]).toEqual([false, ['discovery_checked', code]]);
});

test('one usable key among others is enough, and a key need not say what it is for', async () => {
  const keys = { keys: [{ ...signingKey, use: 'enc' }, ec.shown, rsa.shown, null] };
  const body = await verifyIssuer(await fakeProvider(() => ({ keys })));
  expect(body.ok).toBe(true);
  expect(body.findings[1].message).toBe('The key set has 2 usable signing keys.');
});

const NOT_PUBLIC = 'The host has no public address.';

test('a redirect to a private address fails without a connection, and the answer tells no address', async () => {
  const issuer = await listen((_, response) => response.writeHead(302, { location: 'https://10.20.30.40/' }).end());
  const body = await verifyIssuer(issuer);
  expect(body).toMatchObject({
    ok: false,
    findings: [{ code: 'outbound_refused', message: expect.stringContaining(NOT_PUBLIC) }],
  });
  expect(JSON.stringify(body)).not.toContain('10.20.30.40');
});

test('keys at a private or metadata address are not fetched, whatever the discovery document says', async () => {
  for (const jwks_uri of [
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/',
    'https://192.168.0.1/keys',
  ]) {
    const body = await verifyIssuer(await fakeProvider(() => ({ discovery: { jwks_uri } })));
    expect(codesOf(body)).toEqual(['discovery_checked', 'outbound_refused']);
  }
});

test('an issuer whose name resolves to the inside is refused; the log says to what, the answer does not', async () => {
  current = createOutbound({ resolve: async () => [{ address: '10.20.30.40', family: 4 }] });
  const body = await verifyIssuer('https://idp.inside.example');
  expect(body).toMatchObject({
    ok: false,
    findings: [{ code: 'outbound_refused' }],
    idp_config: { status: 'degraded' },
  });
  expect(JSON.stringify(body)).not.toContain('10.20.30.40');
  expect(server.logs.join('\n')).toContain('idp.inside.example resolves to 10.20.30.40');
});

test('a name that resolves to the inside the second time is refused at the second request', async () => {
  const altNames = [{ type: 2 as const, value: 'rebind.example' }];
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'rebind.example' }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  const seen: (string | undefined)[] = [];
  let issuer = '';
  const origin = await listen(
    (request, response) => {
      seen.push(request.url);
      const endpoints = { authorization_endpoint: issuer, token_endpoint: issuer, jwks_uri: `${issuer}/keys` };
      const lists = { response_types_supported: ['code'], subject_types_supported: ['public'] };
      const answer = { issuer, ...endpoints, ...lists, id_token_signing_alg_values_supported: ['ES256'] };
      response.end(JSON.stringify(answer));
    },
    { key, cert },
  );
  issuer = `https://rebind.example:${new URL(origin).port}`;
  let asked = 0;
  const resolve = async () => [{ address: ++asked === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
  current = createOutbound({ ...local, resolve, ca: cert });
  const body = await verifyIssuer(issuer);
  expect([codesOf(body), asked]).toEqual([['discovery_checked', 'outbound_refused'], 2]);
  expect(seen).toEqual(['/.well-known/openid-configuration']);
});

test('an oversized, a slow and a missing discovery document fail, each within its limit', async () => {
  const oversized = await verifyIssuer(await listen((_, response) => response.end('x'.repeat(600_000))));
  expect(oversized.findings).toMatchObject([
    { code: 'outbound_failed', message: expect.stringContaining('larger than 524288 bytes') },
  ]);
  const missing = await verifyIssuer(await listen((_, response) => response.writeHead(404).end()));
  expect(missing.findings).toMatchObject([{ code: 'outbound_failed', message: expect.stringContaining('status 404') }]);
  current = createOutbound({ ...local, timeoutMs: 100 });
  const slow = await verifyIssuer(await listen(() => {}));
  expect(slow.findings).toMatchObject([{ code: 'outbound_failed', message: expect.stringContaining('in time') }]);
});

test('without OUTBOUND_ALLOW nothing on loopback is asked, not even over https', async () => {
  current = createOutbound();
  for (const issuer of ['https://127.0.0.1', 'https://localhost', 'https://[::1]']) {
    expect(codesOf(await verifyIssuer(issuer))).toEqual(['outbound_refused']);
  }
  const { id: tenant_id } = await newTenant(server);
  const plain = { tenant_id, kind: 'oidc', alias: 'IdP', issuer: 'http://127.0.0.1' };
  const { status, body } = await server.call('POST /v1/idp-configs', { body: plain });
  expect([status, body.errors[0].pointer]).toEqual([400, '/issuer']);
});

test('a verification repeated with its Idempotency-Key asks nobody again', async () => {
  let asked = 0;
  const { id } = await newConfig(await fakeProvider(() => ({ discovery: { asked: ++asked } })));
  const headers = { 'idempotency-key': `verify-${id}` };
  const first = await server.call(`POST /v1/idp-configs/${id}/verify`, { headers });
  const second = await server.call(`POST /v1/idp-configs/${id}/verify`, { headers });
  expect(second.body).toEqual(first.body);
  expect([second.headers.get('idempotency-replayed'), asked]).toEqual(['true', 2]);
});

test('a provider may publish any JSON, and is told what is wrong with it', async () => {
  const values: readonly unknown[] = [null, 5, [], {}, { toString: 1, valueOf: 1 }];
  for (const value of values) {
    for (const field of ['issuer', 'authorization_endpoint', 'jwks_uri', 'id_token_signing_alg_values_supported']) {
      const { ok } = await verifyIssuer(await fakeProvider(() => ({ discovery: { [field]: value } })));
      expect(ok, field).toBe(false);
    }
    for (const field of ['kty', 'crv', 'x', 'use', 'key_ops', 'alg']) {
      const keys = { keys: [{ ...signingKey, [field]: value }] };
      const { findings } = await verifyIssuer(await fakeProvider(() => ({ keys })));
      expect(findings.length, field).toBeGreaterThan(0);
    }
  }
});
