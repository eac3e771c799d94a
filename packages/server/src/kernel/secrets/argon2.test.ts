// engine: none
import { argon2Sync } from 'node:crypto';
import { argon2id } from 'hash-wasm';
import { expect, test } from 'vitest';
import { DomainError } from '../errors.ts';
import { createArgon2 } from './argon2.ts';
import { derive, deriveInThreads } from './argon2-derive.ts';

const argon2 = createArgon2({ concurrencyMax: 2, queueMax: 10 });

// proves C35
test('the runtime computes the argon2id test vector of RFC 9106, section 5.3', () => {
  const tag = argon2Sync('argon2id', {
    message: Buffer.alloc(32, 1),
    nonce: Buffer.alloc(16, 2),
    secret: Buffer.alloc(8, 3),
    associatedData: Buffer.alloc(12, 4),
    parallelism: 4,
    tagLength: 32,
    memory: 32,
    passes: 3,
  });
  expect(tag.toString('hex')).toBe('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659');
});

// proves A59
test('a stored hash equals what an independent implementation computes with the documented parameters', async () => {
  const [tag, salt = '', hash] = (await argon2.hash('bp_secret', 't')).split('|');
  const expected = await argon2id({
    password: 'bp_secret',
    salt: Buffer.from(salt, 'base64url'),
    iterations: 1,
    memorySize: 65_536,
    parallelism: 4,
    hashLength: 32,
    outputType: 'binary',
  });
  expect([tag, hash]).toEqual(['argon2id', Buffer.from(expected).toString('base64url')]);
});

test('the threads for a runtime without argon2 compute what the runtime does', async () => {
  const inThreads = deriveInThreads();
  const messages = ['bp_secret', 'pässword', 'x'.repeat(200)].map((message, index) => ({
    message,
    nonce: Buffer.alloc(16, index),
    ...{ passes: 1, memory: 1_024, parallelism: 4, tagLength: 32 },
  }));
  expect(await Promise.all(messages.map(inThreads))).toEqual(await Promise.all(messages.map(derive)));
});

test('a hash belongs to its secret alone, and a malformed one to nobody', async () => {
  const stored = await argon2.hash('right', 't');
  expect(await argon2.verify('right', stored, 't')).toBe(true);
  expect(await argon2.verify('wrong', stored, 't')).toBe(false);
  expect(await argon2.hash('right', 't')).not.toBe(stored);
  for (const broken of ['', 'x', 'argon2id|', 'argon2id||', 'bcrypt|a|b', stored.slice(0, -4), 'constructor|a|b']) {
    expect(await argon2.verify('right', broken, 't')).toBe(false);
  }
});

test('what does not fit into the queue is refused as overloaded, and the rest is done', async () => {
  const small = createArgon2({ concurrencyMax: 1, queueMax: 1 });
  const results = await Promise.allSettled(['a', 'b', 'c'].map((tenant) => small.hash(tenant, tenant)));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  expect(refusalOf(results[2])).toBe('overloaded');
  await small.hash('d', 'd');
});

test('verification goes before the creation of keys, and a tenant that asks without end is served in turn with the others', async () => {
  const tags = new Map([['argon2id', { passes: 1, memory: 64, parallelism: 1, tagLength: 32 }]]);
  const done: string[] = [];
  const one = createArgon2({ concurrencyMax: 1, queueMax: 80 }, { tags });
  const stored = await one.hash('victim', 'victim');
  const attack = Promise.allSettled(
    Array.from({ length: 100 }, () => one.hash('x', 'attacker').then(() => done.push('attack'))),
  );
  const creation = one.hash('new', 'victim').then(() => done.push('creation'));
  const verification = one.verify('victim', stored, 'victim').then(() => done.push('verification'));
  const results = await attack;
  await Promise.all([creation, verification]);
  expect(done.slice(0, 4)).toEqual(['attack', 'verification', 'attack', 'creation']);
  // One was under way and ten waited, an eighth of the queue: the others were refused.
  expect(done.filter((name) => name === 'attack')).toHaveLength(11);
  expect(refusalOf(results[99])).toBe('tenant_busy');
});

function refusalOf(result: PromiseSettledResult<unknown> | undefined): string | undefined {
  const reason: unknown = result?.status === 'rejected' ? result.reason : undefined;
  return reason instanceof DomainError ? reason.definition.code : undefined;
}
