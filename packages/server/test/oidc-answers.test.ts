// engine: none
import { createSign, generateKeyPairSync } from 'node:crypto';
import http, { type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { expect, onTestFinished, test } from 'vitest';
import { fetchPublished } from '../src/kernel/openid/provider.ts';
import { signatureAlgorithms } from '../src/kernel/openid.ts';
import { HOUR_MS, newIssuer, newOidc, outcome, SECOND_MS, tally, times } from './support/oidc.ts';
import type { TestIssuer } from './support/oidc-provider.ts';

/** A provider that says what the test wants; `issuer` is its own URL. Its keys are those of `real`, unless it says more. */
async function fakeIssuer(answer: (issuer: string, path: string) => unknown, real?: TestIssuer) {
  const keys = real === undefined ? undefined : await (await fetch(`${real.url}/jwks`)).json();
  const asked: string[] = [];
  const listener: RequestListener = ({ url: path = '' }, response) => {
    asked.push(path);
    const found = (answer(url, path) ?? keys) as { status?: number; location?: string; text?: string };
    if (found.status !== undefined) response.writeHead(found.status, { location: found.location ?? '' });
    response.end(found.text ?? JSON.stringify(found));
  };
  const server = http.createServer(listener);
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked };
}

type Answer = (issuer: string, path: string) => unknown;
const isDiscovery = (path: string) => path.includes('.well-known');
const discoveryOf = (issuer: string) => ({ issuer, jwks_uri: `${issuer}/keys` });
const discovery =
  (changed: (issuer: string) => unknown): Answer =>
  (issuer, path) =>
    isDiscovery(path) ? changed(issuer) : undefined;

test('a correct answer of the fake provider is accepted', async () => {
  const real = await newIssuer();
  const fake = await fakeIssuer(discovery(discoveryOf), real);
  expect(await outcome(newOidc([fake]).verify(await real.sign({ iss: fake.url })))).toBe('accepted');
});

test.each<[string, Answer]>([
  ['names another issuer', discovery((issuer) => ({ ...discoveryOf(issuer), issuer: 'https://evil.example' }))],
  ['names an issuer with a slash more', discovery((issuer) => ({ ...discoveryOf(issuer), issuer: `${issuer}/` }))],
  ['names no issuer', discovery((issuer) => ({ ...discoveryOf(issuer), issuer: undefined }))],
  ['has no place of keys', discovery((issuer) => ({ issuer }))],
  ['is no object', discovery((issuer) => [discoveryOf(issuer)])],
  ['is no JSON', discovery((issuer) => ({ text: `${JSON.stringify(discoveryOf(issuer))}<html>` }))],
  ['is an error', discovery((issuer) => ({ ...discoveryOf(issuer), status: 500 }))],
  ['is very long', discovery((issuer) => ({ ...discoveryOf(issuer), more: 'x'.repeat(600_000) }))],
  ['has its keys at a private address', discovery((issuer) => ({ issuer, jwks_uri: 'https://10.20.30.40/keys' }))],
  ['has its keys in a file', discovery((issuer) => ({ issuer, jwks_uri: 'file:///etc/passwd' }))],
  ['has no array of keys', (issuer, path) => (isDiscovery(path) ? discoveryOf(issuer) : { keys: {} })],
  [
    'redirects to a good one',
    (issuer, path) => {
      if (isDiscovery(path)) return { status: 302, location: `${issuer}/there` };
      return path === '/there' ? discoveryOf(issuer) : undefined;
    },
  ],
])(
  'a provider whose answer %s is not believed, which is no refusal, and is asked once in five seconds',
  async (_, answer) => {
    const real = await newIssuer();
    const fake = await fakeIssuer(answer, real);
    const oidc = newOidc([fake]);
    const token = await real.sign({ iss: fake.url });
    const outcomes = await Promise.all(times(20, () => outcome(oidc.verify(token))));
    expect(tally(outcomes)).toEqual({ unavailable: 20 });
    expect(await outcome(oidc.verify(token))).toBe('unavailable');
    expect(fake.asked.filter(isDiscovery)).toHaveLength(1);
  },
);

test('a provider that is away is asked once in five seconds, whether the keys of the tokens are known or not', async () => {
  const real = await newIssuer();
  let isAway = false;
  const fake = await fakeIssuer(
    (issuer, path) => (isAway ? { status: 503 } : discovery(discoveryOf)(issuer, path)),
    real,
  );
  const oidc = newOidc([fake]);
  const exp = Math.floor(Date.now() / 1000) + 90_000;
  const known = await real.sign({ iss: fake.url, exp });
  const unknown = await real.sign({ iss: fake.url, exp }, { header: { kid: 'new' } });
  await oidc.verify(known);
  isAway = true;
  oidc.advance(HOUR_MS);
  for (let round = 1; round <= 3; round++) {
    for (let time = 0; time < 5; time++) {
      expect(await outcome(oidc.verify(known))).toBe('accepted');
      expect(await outcome(oidc.verify(unknown))).toBe('unavailable');
    }
    expect(fake.asked.filter(isDiscovery)).toHaveLength(1 + round);
    oidc.advance(5 * SECOND_MS);
  }
});

test('a signature with a short RSA key proves nothing', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'short' }];
  const fake = await fakeIssuer((issuer, path) => (isDiscovery(path) ? discoveryOf(issuer) : { keys }));
  const exp = Math.floor(Date.now() / 1000) + 300;
  const signed = [
    { alg: 'RS256', kid: 'short' },
    { iss: fake.url, aud: 'tenant-registry', sub: 'u', exp },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const token = `${signed}.${createSign('sha256').update(signed).sign(privateKey, 'base64url')}`;
  expect(await outcome(newOidc([fake]).verify(token))).toBe('unknown_key');
});

test('of what is published, only keys that can prove a signature count, and private ones never', async () => {
  const [ec384, ec512, unnamed] = await Promise.all(
    ['ES384', 'ES512', 'ES256'].map(async (alg) =>
      exportJWK((await generateKeyPair(alg, { extractable: true })).privateKey),
    ),
  );
  const shown = ({ d: _, ...key }: JWK = {}, kid: string) => ({ ...key, kid });
  const real = await newIssuer();
  const published = [
    null,
    7,
    {},
    { kty: 'EC', crv: 'constructor', kid: 'a' },
    { kty: 'oct', k: 'c2VjcmV0', kid: 'b' },
    { ...real.keys.rsa, kid: 'private' },
    { ...shown(unnamed, 'enc'), use: 'enc' },
    { ...shown(unnamed, 'encrypts'), key_ops: ['encrypt'] },
    { ...shown(unnamed, 'broken'), x: 'AA' },
    shown(ec384, 'p384'),
    shown(ec512, 'p521'),
  ];
  const fake = await fakeIssuer((issuer, path) => (isDiscovery(path) ? discoveryOf(issuer) : { keys: published }));
  const oidc = newOidc([fake]);
  const signed = async (alg: string, kid: string, key: JWK = {}) =>
    outcome(oidc.verify(await real.sign({ iss: fake.url }, { header: { alg, kid }, key })));
  expect(await signed('ES384', 'p384', ec384)).toBe('accepted');
  expect(await signed('ES512', 'p521', ec512)).toBe('accepted');
  expect(await signed('RS256', 'private', real.keys.rsa)).toBe('unknown_key');
  for (const kid of ['enc', 'encrypts', 'broken']) expect(await signed('ES256', kid, unnamed)).toBe('unknown_key');
  const [line] = oidc.logs.map((each) => JSON.parse(each)).filter(({ level }) => level === 'warn');
  expect(line).toMatchObject({ secrets: 2, msg: expect.stringContaining('private keys') });
});

test('a provider on https cannot send us to keys on plain http, not even on its own host', async () => {
  const issuer = 'https://sso.example';
  const asked: string[] = [];
  const outbound = {
    acceptsScheme: () => true,
    refusalOf: () => undefined,
    post: () => Promise.reject(new Error('nothing is sent')),
    send: () => Promise.reject(new Error('nothing is sent')),
    get: async (url: string) => {
      asked.push(url);
      return JSON.stringify({ issuer, jwks_uri: 'http://sso.example/keys' });
    },
  };
  await expect(fetchPublished(issuer, outbound, signatureAlgorithms)).rejects.toThrow('no https URL');
  expect(asked).toEqual(['https://sso.example/.well-known/openid-configuration']);
});
