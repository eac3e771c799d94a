// engine: postgres
/** Proof by pepper, and how peppers and parameters of argon2id are replaced. */
import type { DatabaseHandle } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { ask, computations, newKey, proofsByArgon2, storedProof } from './support/api-keys.ts';
import { startTestServer, type TestServer, type TestServerOptions } from './support/server.ts';

const [OLD, NEW] = ['o'.repeat(32), 'n'.repeat(32)];
const CHEAP = { passes: 1, memory: 64, parallelism: 1, tagLength: 32 };

let database: DatabaseHandle;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

/** A process of its own on the one database, as after a restart. */
async function restarted(options: TestServerOptions): Promise<TestServer> {
  const server = await startTestServer({ ...options, database: { ...database, close: async () => {} } });
  onTestFinished(() => server.close());
  return server;
}

test('with a pepper no guesses lock a key: wrong ones are refused without argon2, and the right one is verified after them', async () => {
  const key = await newKey(await restarted({ apiKeyPeppers: [NEW] }));
  const server = await restarted({ apiKeyPeppers: [NEW] });
  for (let n = 0; n < 60; n += 1) {
    const wrong = `${key.prefix}${String(n).padStart(14, 'A')}`;
    expect(await ask(server, { key: wrong })).toMatchObject({ status: 200, body: { code: 'not_found' } });
  }
  expect((await ask(server, { key: key.key })).body).toMatchObject({ valid: true, key_id: key.id });
  expect(await proofsByArgon2(server)).toBe(0);
});

test('a key that was made with a pepper is verified after a restart without argon2, and a wrong one refused without it', async () => {
  const key = await newKey(await restarted({ apiKeyPeppers: [NEW] }));
  const server = await restarted({ apiKeyPeppers: [NEW] });
  expect((await ask(server, { key: key.key })).body).toMatchObject({ valid: true, key_id: key.id });
  const wrong = `${key.prefix}${'A'.repeat(14)}`;
  for (let n = 0; n < 30; n += 1) expect((await ask(server, { key: wrong })).body.code).toBe('not_found');
  expect(await computations(server)).toBe(0);
});

test('a key that was made without a pepper gets its digest when it is first proved', async () => {
  const key = await newKey(await restarted({}));
  const first = await restarted({ apiKeyPeppers: [NEW] });
  expect((await storedProof(first, key.id)).digest).toBeNull();
  expect((await ask(first, { key: key.key })).body.valid).toBe(true);
  await first.app.idle();
  const { digest, digest_pepper, hash } = await storedProof(first, key.id);
  expect([digest?.length, digest_pepper]).toEqual([32, expect.stringMatching(/^[0-9a-f]{16}$/)]);
  for (const secret of [key.key, NEW]) expect(`${hash}${digest_pepper}`).not.toContain(secret);
  const second = await restarted({ apiKeyPeppers: [NEW] });
  expect((await ask(second, { key: key.key })).body.valid).toBe(true);
  expect([await proofsByArgon2(first), await proofsByArgon2(second)]).toEqual([1, 0]);
});

test('peppers rotate: the old one still proves, what is proved gets the newest, and then the old one can go', async () => {
  const key = await newKey(await restarted({ apiKeyPeppers: [OLD] }));
  const rotating = await restarted({ apiKeyPeppers: [NEW, OLD] });
  const before = await storedProof(rotating, key.id);
  expect((await ask(rotating, { key: key.key })).body.valid).toBe(true);
  await rotating.app.idle();
  const after = await storedProof(rotating, key.id);
  expect(after.digest_pepper).not.toBe(before.digest_pepper);
  expect(after.hash).toBe(before.hash);
  const rotated = await restarted({ apiKeyPeppers: [NEW] });
  expect((await ask(rotated, { key: key.key })).body.valid).toBe(true);
  expect([await proofsByArgon2(rotating), await proofsByArgon2(rotated)]).toEqual([0, 0]);
});

test('with a pepper that is lost the hash of record decides, once', async () => {
  const key = await newKey(await restarted({ apiKeyPeppers: [OLD] }));
  const server = await restarted({ apiKeyPeppers: [NEW] });
  expect((await ask(server, { key: key.key })).body.valid).toBe(true);
  await server.app.idle();
  expect((await ask(server, { key: `${key.prefix}${'A'.repeat(14)}` })).body.code).toBe('not_found');
  const again = await restarted({ apiKeyPeppers: [NEW] });
  expect((await ask(again, { key: key.key })).body.valid).toBe(true);
  expect([await proofsByArgon2(server), await proofsByArgon2(again)]).toEqual([1, 0]);
});

test('a hash with older parameters still verifies, is made anew with the newest, and is proved already', async () => {
  const key = await newKey(await restarted({ argon2Tags: new Map([['argon2id', CHEAP]]) }));
  const tags = new Map([
    ['argon2id.2', { ...CHEAP, passes: 2 }],
    ['argon2id', CHEAP],
  ]);
  const server = await restarted({ argon2Tags: tags });
  expect((await ask(server, { key: key.key })).body.valid).toBe(true);
  await server.app.idle();
  expect((await storedProof(server, key.id)).hash).toMatch(/^argon2id\.2\|/);
  expect((await ask(server, { key: key.key })).body.valid).toBe(true);
  expect(await proofsByArgon2(server)).toBe(1);
  const later = await restarted({ argon2Tags: new Map([['argon2id.2', { ...CHEAP, passes: 2 }]]) });
  expect((await ask(later, { key: key.key })).body.valid).toBe(true);
});
