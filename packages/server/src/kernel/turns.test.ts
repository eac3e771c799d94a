// engine: none
import { expect, test } from 'vitest';
import { defineError } from './errors.ts';
import { createTurns } from './turns.ts';

const tooMany = defineError({ code: 'too_many', status: 'SERVICE_UNAVAILABLE', detail: 'Too many.' });
const turnsOf = (waitMs = 240_000) => createTurns({ name: 'test', waitMs, refused: tooMany });
const { signal: never } = new AbortController();

/** Gives each waiting promise the turns that it needs to settle. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Records in which order work began, and lets each piece end when the test says so. */
function work() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    piece: (name: string) => () => {
      begun.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    },
    end: async (name: string) => {
      ends.get(name)?.();
      await settled();
    },
  };
}

const refusal = expect.objectContaining({
  definition: tooMany.definition,
  extras: expect.objectContaining({ retryAfter: 1 }),
});

test('the work of a tenant runs one after the other, in the order of the callers, and that of another at once', async () => {
  const turns = turnsOf();
  const { begun, piece, end } = work();
  const results = Promise.all(['a1', 'a2', 'a3', 'b1'].map((name) => turns.run(name.slice(0, 1), piece(name), never)));
  await settled();
  expect(begun).toEqual(['a1', 'b1']);
  await end('a1');
  expect(begun).toEqual(['a1', 'b1', 'a2']);
  await end('a2');
  expect(begun).toEqual(['a1', 'b1', 'a2', 'a3']);
  await end('b1');
  await end('a3');
  expect(await results).toEqual(['a1', 'a2', 'a3', 'b1']);
  expect(turns.gate.load()).toMatchObject({ running: 0, waiting: 0, tenantEntries: 0 });
});

test('work that fails ends the turn, and its error reaches the caller alone', async () => {
  const turns = turnsOf();
  const failed = turns.run('a', () => Promise.reject(new Error('broken')), never);
  const next = turns.run('a', async () => 'done', never);
  await expect(failed).rejects.toThrow('broken');
  expect(await next).toBe('done');
});

test('a caller whose turn does not come in time gets the error of the options, and its work never begins', async () => {
  const turns = turnsOf(20);
  const { begun, piece, end } = work();
  const first = turns.run('a', piece('first'), never);
  await expect(turns.run('a', piece('late'), never)).rejects.toEqual(refusal);
  await end('first');
  expect(await first).toBe('first');
  expect(begun).toEqual(['first']);
  expect(turns.gate.load()).toMatchObject({ running: 0, waiting: 0, tenantEntries: 0 });
});

test('a caller that leaves gives up its place, and gets the reason of its signal', async () => {
  const turns = turnsOf();
  const { begun, piece, end } = work();
  const first = turns.run('a', piece('first'), never);
  const leaving = new AbortController();
  const left = turns.run('a', piece('left'), leaving.signal);
  const last = turns.run('a', piece('last'), never);
  const reason = tooMany({ detail: 'The caller has left.' });
  leaving.abort(reason);
  await expect(left).rejects.toBe(reason);
  await expect(turns.run('b', piece('gone'), leaving.signal)).rejects.toBe(reason);
  await end('first');
  await end('last');
  expect(await Promise.all([first, last])).toEqual(['first', 'last']);
  expect(begun).toEqual(['first', 'last']);
});

test('of one tenant 256 callers wait; one more is refused at once, and other tenants are not', async () => {
  const turns = turnsOf();
  const { piece, end } = work();
  const first = turns.run('a', piece('first'), never);
  const waiting = Array.from({ length: 256 }, (_, index) => turns.run('a', async () => index, never));
  await expect(turns.run('a', async () => 'more', never)).rejects.toEqual(refusal);
  expect(turns.gate.load()).toMatchObject({ running: 1, waiting: 256, refused: 1 });
  expect(await turns.run('b', async () => 'other', never)).toBe('other');
  await end('first');
  expect(await Promise.all(waiting)).toEqual(Array.from({ length: 256 }, (_, index) => index));
  await first;
});

test('what is left to wait is what the turn has left, and at least a millisecond', async () => {
  const waitMs = 240_000;
  const turns = turnsOf(waitMs);
  const { piece, end } = work();
  const first = turns.run('a', piece('first'), never);
  const since = performance.now();
  const second = turns.run('a', async (leftMs) => leftMs(), never);
  await expect.poll(() => performance.now() - since).toBeGreaterThan(30);
  await end('first');
  await first;
  const left = await second;
  expect(left).toBeLessThanOrEqual(waitMs - 30 + 1);
  expect(left).toBeGreaterThan(0);
  await turnsOf(1).run(
    'a',
    async (leftMs) => {
      const began = performance.now();
      await expect.poll(() => performance.now() - began).toBeGreaterThan(2);
      expect(leftMs()).toBe(1);
    },
    never,
  );
});
