// engine: none
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { expect, test } from 'vitest';
import { createSecretMatcher } from './secret-matcher.ts';

const [short, long] = ['a'.repeat(32), `${'a'.repeat(32)}${'b'.repeat(32)}`];
const holderOf = createSecretMatcher([
  { secret: short, holder: 'short' },
  { secret: long, holder: 'long' },
]);

test('each secret names its holder, also when it begins like another', () => {
  expect([holderOf(short), holderOf(long), holderOf(short)]).toEqual(['short', 'long', 'short']);
});

test.each([
  '',
  'a'.repeat(31),
  'a'.repeat(33),
  long.slice(0, -1),
  `${long}b`,
  `${long}${'b'.repeat(4_000)}`,
  `${'a'.repeat(31)}A`,
  `${short}\0`,
  `${'a'.repeat(31)}\u0161`,
  `${long}\u00ff`,
  `${long}\u{1f511}`,
])('what is not exactly a secret names nobody: %j', (presented) => {
  expect(holderOf(presented)).toBeUndefined();
});

test('without any secret no holder is found', () => {
  expect(createSecretMatcher([])('')).toBeUndefined();
});

test('every known secret is compared, in constant time, for every presented text', () => {
  const secrets = ['first', 'second', 'third'].map((name) => name.padEnd(32, '.'));
  const holderOf = createSecretMatcher(secrets.map((secret) => ({ secret, holder: secret })));
  const original = crypto.timingSafeEqual;
  let compared = 0;
  crypto.timingSafeEqual = (one, other) => {
    compared += 1;
    return original(one, other);
  };
  syncBuiltinESMExports();
  try {
    for (const presented of [...secrets, 'nobody', '', 'first']) {
      compared = 0;
      holderOf(presented);
      expect(compared, presented).toBe(secrets.length);
    }
  } finally {
    crypto.timingSafeEqual = original;
    syncBuiltinESMExports();
  }
});
