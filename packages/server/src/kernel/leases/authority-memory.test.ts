// engine: none
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type HeldLeases, heldLeases } from '../../../test/support/held-leases.ts';
import { type AuthorityMemory, createAuthorityMemory } from './authority-memory.ts';

interface Facts {
  readonly tenant_id: string;
  readonly scopes: readonly string[];
}

const facts = (tenant_id: string): Facts => ({ tenant_id, scopes: ['a:read'] });

let leases: HeldLeases;
let memory: AuthorityMemory<Facts>;
beforeEach(() => {
  leases = heldLeases();
  memory = createAuthorityMemory(leases, 3);
});

function gate() {
  const { promise, resolve } = Promise.withResolvers<Facts | null>();
  return { ask: vi.fn(() => promise), answer: resolve };
}

test('facts are remembered for the secret that they were found for, and for no other', async () => {
  expect(memory.recall('secret')).toBeUndefined();
  expect(await memory.fetch('secret', async () => facts('t1'))).toEqual(facts('t1'));
  expect(memory.recall('secret')).toEqual(facts('t1'));
  expect(memory.recall('secreT')).toBeUndefined();
});

test('an unknown secret leaves nothing behind, and neither does a failure', async () => {
  expect(await memory.fetch('junk', async () => null)).toBeNull();
  expect(memory.recall('junk')).toBeUndefined();
  await expect(memory.fetch('key', () => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  expect(memory.recall('key')).toBeUndefined();
  expect(await memory.fetch('key', async () => facts('t1'))).toEqual(facts('t1'));
});

test('a change makes everything of its tenant unknown, and nothing of another', async () => {
  await memory.fetch('a', async () => facts('t1'));
  await memory.fetch('b', async () => facts('t1'));
  await memory.fetch('c', async () => facts('t2'));
  leases.change(['t1', 'unknown']);
  expect([memory.recall('a'), memory.recall('b'), memory.recall('c')]).toEqual([undefined, undefined, facts('t2')]);
  await memory.fetch('a', async () => facts('t1'));
  expect([memory.recall('a'), memory.recall('b')]).toEqual([facts('t1'), undefined]);
  leases.change(null);
  expect([memory.recall('a'), memory.recall('c')]).toEqual([undefined, undefined]);
});

test('without the lease nothing is answered from memory and nothing is remembered', async () => {
  await memory.fetch('a', async () => facts('t1'));
  leases.hold(false);
  expect(memory.recall('a')).toBeUndefined();
  await memory.fetch('b', async () => facts('t1'));
  leases.hold(true);
  expect([memory.recall('a'), memory.recall('b')]).toEqual([facts('t1'), undefined]);
});

test('facts read during a change, or before the lease, are answered but not remembered', async () => {
  const [before, without] = [gate(), gate()];
  const first = memory.fetch('a', before.ask);
  leases.change(['t2']);
  before.answer(facts('t1'));
  expect(await first).toEqual(facts('t1'));
  leases.hold(false);
  const second = memory.fetch('b', without.ask);
  leases.hold(true);
  without.answer(facts('t1'));
  await second;
  expect([memory.recall('a'), memory.recall('b')]).toEqual([undefined, undefined]);
});

test('concurrent questions about one secret share one read', async () => {
  const read = gate();
  const all = Array.from({ length: 100 }, () => memory.fetch('a', read.ask));
  read.answer(facts('t1'));
  expect(new Set((await Promise.all(all)).map((found) => found?.tenant_id))).toEqual(new Set(['t1']));
  expect(read.ask).toHaveBeenCalledTimes(1);
});

test('no question is served by a read that began before a change, or without the lease', async () => {
  const old = gate();
  const early = memory.fetch('a', old.ask);
  leases.change(['t1']);
  const fresh = { ...facts('t1'), scopes: [] };
  expect(await memory.fetch('a', async () => fresh)).toEqual(fresh);
  old.answer(facts('t1'));
  await early;
  expect(memory.recall('a')).toEqual(fresh);

  leases.hold(false);
  const unheld = gate();
  const waiting = memory.fetch('b', unheld.ask);
  leases.hold(true);
  expect(await memory.fetch('b', async () => fresh)).toEqual(fresh);
  unheld.answer(facts('t1'));
  await waiting;
});

test('facts are read anew after a minute', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  await memory.fetch('a', async () => facts('t1'));
  vi.advanceTimersByTime(59_999);
  expect(memory.recall('a')).toEqual(facts('t1'));
  vi.advanceTimersByTime(1);
  expect(memory.recall('a')).toBeUndefined();
});

test('it stays as small as it was made, and forgets first what was not asked for longest', async () => {
  for (const secret of ['a', 'b', 'c']) await memory.fetch(secret, async () => facts(`t-${secret}`));
  memory.recall('a');
  await memory.fetch('d', async () => facts('t-d'));
  expect(['a', 'b', 'c', 'd'].filter((secret) => memory.recall(secret) !== undefined)).toEqual(['a', 'c', 'd']);
});
