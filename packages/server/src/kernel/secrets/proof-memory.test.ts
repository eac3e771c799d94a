// engine: none
import { expect, test } from 'vitest';
import { createProofMemory } from './proof-memory.ts';

test('concurrent questions share one proof, which is remembered', async () => {
  const memory = createProofMemory(10);
  let proofs = 0;
  const prove = async () => {
    proofs += 1;
    return true;
  };
  expect(await Promise.all([1, 2, 3].map(() => memory.proved('key', 'hash', prove)))).toEqual([true, true, true]);
  expect(await memory.proved('key', 'hash', prove)).toBe(true);
  expect(proofs).toBe(1);
});

test('a failure is not remembered, and a proof for one hash is none for another', async () => {
  const memory = createProofMemory(10);
  expect(await memory.proved('key', 'hash', async () => false)).toBe(false);
  expect(await memory.proved('key', 'hash', async () => true)).toBe(true);
  expect(await memory.proved('key', 'other', async () => false)).toBe(false);
  expect(await memory.proved('yek', 'hash', async () => false)).toBe(false);
});

test('a proof that throws is passed on and not kept', async () => {
  const memory = createProofMemory(10);
  await expect(memory.proved('key', 'hash', () => Promise.reject(new Error('busy')))).rejects.toThrow('busy');
  expect(await memory.proved('key', 'hash', async () => true)).toBe(true);
});
