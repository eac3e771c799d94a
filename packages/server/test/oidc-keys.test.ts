// engine: none
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { DomainError } from '../src/kernel/errors.ts';
import { HOUR_MS, MINUTE_MS, newIssuer, newOidc, outcome, SECOND_MS, tally, times } from './support/oidc.ts';
import type { TestIssuer } from './support/oidc-provider.ts';

const LONG = { lifetimeSeconds: 1_000_000 };

const withUnknownKey = (issuer: TestIssuer) => issuer.sign({}, { header: { kid: randomUUID() } });

test('nothing is asked before the first token, and many first tokens at once cost one fetch', async () => {
  const issuer = await newIssuer();
  const oidc = newOidc([issuer]);
  const tokens = await Promise.all(times(300, (n) => issuer.token({ sub: `user-${n}` })));
  expect(issuer.requests).toMatchObject({ discovery: 0, keys: 0 });
  expect(tally(await Promise.all(tokens.map((token) => outcome(oidc.verify(token)))))).toEqual({ accepted: 300 });
  expect(issuer.requests).toMatchObject({ discovery: 1, keys: 1 });
});

// proves A65
test('while keys are rotated under load, every token of a published key is accepted, and the new key without a restart', async () => {
  const issuer = await newIssuer();
  const oidc = newOidc([issuer]);
  const outcomes: string[] = [];
  const tokens = [await issuer.token({}, LONG)];
  let rotating = true;
  const caller = async (start: number) => {
    for (let n = start; rotating || n < start + 20; n++) {
      const token = tokens[n % tokens.length] as string;
      outcomes.push(await outcome(oidc.verify(token)));
    }
  };
  const callers = times(16, caller);
  for (let rotation = 0; rotation < 5; rotation++) {
    await issuer.rotateKeys();
    const fresh = await Promise.all(times(8, () => issuer.token({}, LONG)));
    tokens.push(...fresh);
    outcomes.push(...(await Promise.all(fresh.map((token) => outcome(oidc.verify(token))))));
  }
  rotating = false;
  await Promise.all(callers);
  expect(tally(outcomes)).toEqual({ accepted: outcomes.length });
  expect(outcomes.length).toBeGreaterThan(300);
  // The first keys, and for each rotation its own; one more where a fetch was under way while the keys changed.
  expect(issuer.requests.keys).toBeLessThanOrEqual(11);
});

test('the tokens of a withdrawn key are accepted for five minutes at most', async () => {
  const issuer = await newIssuer();
  const oidc = newOidc([issuer]);
  const old = await issuer.token({}, LONG);
  expect(await outcome(oidc.verify(old))).toBe('accepted');
  await issuer.rotateKeys({ withdraw: true });
  oidc.advance(5 * MINUTE_MS - 10 * SECOND_MS);
  expect(await outcome(oidc.verify(old))).toBe('accepted');
  oidc.advance(10 * SECOND_MS);
  expect(await outcome(oidc.verify(old))).toBe('unknown_key');
});

test('the tokens of a withdrawn key are refused as soon as one of the new key has come', async () => {
  const issuer = await newIssuer();
  const oidc = newOidc([issuer]);
  const old = await issuer.token({}, LONG);
  await oidc.verify(old);
  await issuer.rotateKeys({ withdraw: true });
  expect(await outcome(oidc.verify(await issuer.token()))).toBe('accepted');
  expect(await outcome(oidc.verify(old))).toBe('unknown_key');
});

test('a flood of unknown keys costs one fetch in ten seconds, and others are verified meanwhile', async () => {
  const issuer = await newIssuer();
  const oidc = newOidc([issuer]);
  const good = await issuer.token({}, LONG);
  await oidc.verify(good);
  expect(issuer.requests.keys).toBe(1);
  const flood = await Promise.all(times(400, () => withUnknownKey(issuer)));
  const sendAll = () => Promise.all([...flood, good].map((token) => outcome(oidc.verify(token))));
  for (let round = 1; round <= 3; round++) {
    expect(tally(await sendAll())).toEqual({ unknown_key: 400, accepted: 1 });
    expect(tally(await sendAll())).toEqual({ unknown_key: 400, accepted: 1 });
    expect(issuer.requests.keys).toBe(1 + round);
    oidc.advance(10 * SECOND_MS);
  }
  expect(issuer.requests.discovery).toBe(issuer.requests.keys);
});

test('after a token with a key that does not exist, a new key waits ten seconds at most', async () => {
  const issuer = await newIssuer();
  const oidc = newOidc([issuer]);
  await oidc.verify(await issuer.token());
  expect(await outcome(oidc.verify(await withUnknownKey(issuer)))).toBe('unknown_key');
  await issuer.rotateKeys();
  const fresh = await issuer.token();
  oidc.advance(9 * SECOND_MS);
  expect(await outcome(oidc.verify(fresh))).toBe('unknown_key');
  oidc.advance(SECOND_MS);
  expect(await outcome(oidc.verify(fresh))).toBe('accepted');
});

test('a provider that is down at first is no refusal: 503 with Retry-After, and it works once it is up', async () => {
  const issuer = await newIssuer();
  const oidc = newOidc([issuer]);
  const token = await issuer.token({}, LONG);
  issuer.pause();
  const error = await oidc.verify(token).catch((reason) => reason);
  expect(error).toBeInstanceOf(DomainError);
  expect(error.definition).toMatchObject({ code: 'unavailable', status: 'SERVICE_UNAVAILABLE' });
  expect(error.extras).toMatchObject({ retryAfter: 5, detail: expect.stringContaining('identity provider') });
  issuer.resume();
  expect(await outcome(oidc.verify(token))).toBe('unavailable');
  oidc.advance(5 * SECOND_MS);
  expect(await outcome(oidc.verify(token))).toBe('accepted');
  const warnings = oidc.logs.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn');
  expect(warnings).toMatchObject([{ issuer: issuer.url, msg: 'identity provider not reachable' }]);
});

test('tokens with known keys are decided while the provider is down', async () => {
  const issuer = await newIssuer();
  const oidc = newOidc([issuer]);
  issuer.pause();
  expect(await outcome(oidc.verify('no.token.here'))).toBe('malformed');
  expect(await outcome(oidc.verify(await issuer.sign({ iss: 'https://other.example' })))).toBe('unknown_issuer');
});

test('known keys go on working for a day while the provider is away, and unknown ones are not refused', async () => {
  const issuer = await newIssuer();
  const oidc = newOidc([issuer]);
  const known = await issuer.token({}, LONG);
  await oidc.verify(known);
  await issuer.rotateKeys();
  const fresh = await issuer.token({}, LONG);
  issuer.pause();
  for (const ms of [0, 6 * MINUTE_MS, HOUR_MS, 22 * HOUR_MS]) {
    oidc.advance(ms);
    expect(await outcome(oidc.verify(known))).toBe('accepted');
    expect(await outcome(oidc.verify(fresh))).toBe('unavailable');
  }
  oidc.advance(HOUR_MS);
  expect(await outcome(oidc.verify(known))).toBe('unavailable');
  issuer.resume();
  oidc.advance(5 * SECOND_MS);
  expect(await outcome(oidc.verify(known))).toBe('accepted');
  expect(await outcome(oidc.verify(fresh))).toBe('accepted');
});

test('a key that was withdrawn while the provider was away is refused when it is back', async () => {
  const issuer = await newIssuer();
  const oidc = newOidc([issuer]);
  const old = await issuer.token({}, LONG);
  await oidc.verify(old);
  issuer.pause();
  oidc.advance(6 * MINUTE_MS);
  expect(await outcome(oidc.verify(old))).toBe('accepted');
  await issuer.rotateKeys({ withdraw: true });
  issuer.resume();
  oidc.advance(31 * SECOND_MS);
  expect(await outcome(oidc.verify(old))).toBe('unknown_key');
});

test('a clock that is set back does not make keys live longer', async () => {
  const issuer = await newIssuer();
  const oidc = newOidc([issuer]);
  const old = await issuer.token({}, LONG);
  await oidc.verify(old);
  await issuer.rotateKeys({ withdraw: true });
  oidc.advance(-HOUR_MS);
  expect(await outcome(oidc.verify(old))).toBe('unknown_key');
});

test('each of two issuers proves its own tokens only, and one that is down does not stop the other', async () => {
  const [a, b] = [await newIssuer('/realms/a'), await newIssuer('/realms/b')];
  const oidc = newOidc([a, b]);
  expect(await oidc.verify(await a.token({ sub: 'same' }))).toMatchObject({ issuer: a.url, subject: 'same' });
  expect(await oidc.verify(await b.token({ sub: 'same' }))).toMatchObject({ issuer: b.url, subject: 'same' });
  expect(await outcome(oidc.verify(await a.sign({ iss: b.url })))).toBe('unknown_key');
  const posing = await a.sign({ iss: b.url }, { header: { kid: b.keys.rsa.kid } });
  expect(await outcome(oidc.verify(posing))).toBe('signature');
  b.pause();
  oidc.advance(25 * HOUR_MS);
  const current = (issuer: TestIssuer) => issuer.sign({ exp: Math.floor(Date.now() / 1000) + 90_300 });
  expect(await outcome(oidc.verify(await current(b)))).toBe('unavailable');
  expect(await outcome(oidc.verify(await current(a)))).toBe('accepted');
});

test('a token that names no key is proved when one key fits, and refused when several do', async () => {
  const issuer = await newIssuer();
  const nameless = () => issuer.sign({}, { header: { alg: 'ES256', kid: undefined } });
  expect(await outcome(newOidc([issuer]).verify(await nameless()))).toBe('accepted');
  await issuer.rotateKeys();
  expect(await outcome(newOidc([issuer]).verify(await nameless()))).toBe('unknown_key');
});
