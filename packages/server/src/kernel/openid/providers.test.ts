// engine: none
import { expect, test } from 'vitest';
import { createLogger } from '../logger.ts';
import type { Outbound } from '../outbound.ts';
import { createProviders } from './providers.ts';

const ISSUER = 'https://sso.example';
const document = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/auth`,
  token_endpoint: `${ISSUER}/token`,
};

/** A provider whose document, and whose failure, the test sets; and a clock that the test moves. */
function providersOf(answer: { document: object | null }) {
  let now = 0;
  let asked = 0;
  const outbound: Outbound = {
    async get() {
      asked += 1;
      await new Promise((resolve) => setImmediate(resolve));
      if (answer.document === null) throw new Error('unreachable');
      return JSON.stringify(answer.document);
    },
    post: () => Promise.reject(new Error('nothing is sent')),
    send: () => Promise.reject(new Error('nothing is sent')),
    acceptsScheme: ({ protocol }) => protocol === 'https:',
    refusalOf: () => undefined,
  };
  const logger = createLogger('silent', { write: () => {} });
  const providers = createProviders({ outbound, clock: () => new Date(now), logger });
  return {
    metadata: (issuer = ISSUER) => providers.metadata(issuer),
    asked: () => asked,
    advance: (ms: number) => {
      now += ms;
    },
  };
}

const MINUTE = 60_000;

test('a document is fetched once for all who ask at the same time, and again after five minutes', async () => {
  const provider = providersOf({ document });
  await Promise.all([provider.metadata(), provider.metadata(), provider.metadata()]);
  provider.advance(5 * MINUTE - 1);
  expect(await provider.metadata()).toMatchObject(document);
  expect(provider.asked()).toBe(1);
  provider.advance(1);
  await provider.metadata();
  expect(provider.asked()).toBe(2);
});

test('a provider that fails is not asked again for five seconds', async () => {
  const answer: { document: object | null } = { document: null };
  const provider = providersOf(answer);
  for (let count = 0; count < 3; count += 1) await expect(provider.metadata()).rejects.toThrow('unreachable');
  expect(provider.asked()).toBe(1);
  answer.document = document;
  provider.advance(5_000);
  expect(await provider.metadata()).toMatchObject(document);
});

test('a document that is known is used for a day while its provider fails', async () => {
  const answer: { document: object | null } = { document };
  const provider = providersOf(answer);
  await provider.metadata();
  answer.document = null;
  provider.advance(24 * 60 * MINUTE - 1);
  expect(await provider.metadata()).toMatchObject(document);
  provider.advance(5_000);
  await expect(provider.metadata()).rejects.toThrow('unreachable');
});

test.each([
  ['another issuer', { ...document, issuer: 'https://evil.example' }],
  ['no JSON object', []],
  ['a place on plain http', { ...document, token_endpoint: 'http://sso.example/token' }],
  ['a place that is no URL', { ...document, authorization_endpoint: '/auth' }],
  ['a place of 2,001 characters', { ...document, token_endpoint: `${ISSUER}/${'a'.repeat(1_982)}` }],
  ['no place for the code', { issuer: ISSUER, authorization_endpoint: `${ISSUER}/auth` }],
])('a document with %s is refused', async (_, wrong) => {
  await expect(providersOf({ document: wrong }).metadata()).rejects.toThrow();
});

test('no more is kept of a document than a sign-in needs, and none of it is large', async () => {
  const many = Array.from({ length: 1_000 }, (_, index) => `RS${index}`);
  const noise = { id_token_signing_alg_values_supported: ['x'.repeat(101), ...many], other: 'x'.repeat(100_000) };
  const kept = await providersOf({ document: { ...document, ...noise } }).metadata();
  expect(JSON.stringify(kept).length).toBeLessThan(2_000);
  expect(kept.id_token_signing_alg_values_supported).toHaveLength(50);
});
