// engine: none
import { expect, test } from 'vitest';
import { oneAtATime } from './one-at-a-time.ts';

test('work never runs twice at once, and each call gets a run that began after it', async () => {
  const state = { running: 0, began: 0 };
  const atOnce: number[] = [];
  const call = oneAtATime(async () => {
    state.began += 1;
    state.running += 1;
    atOnce.push(state.running);
    await new Promise(setImmediate);
    state.running -= 1;
  });
  const caller = async () => {
    for (let calls = 0; calls < 20; calls += 1) {
      const { began } = state;
      await call();
      expect(state.began).toBeGreaterThan(began);
    }
  };
  await Promise.all([caller(), caller(), caller()]);
  expect(Math.max(...atOnce)).toBe(1);
  // Those that wait share one run.
  expect(state.began).toBeLessThan(60);
});

test('a run that fails rejects its own callers alone', async () => {
  let runs = 0;
  const call = oneAtATime(async () => {
    runs += 1;
    await new Promise(setImmediate);
    if (runs === 1) throw new Error('the first one');
  });
  const [first, second, third] = await Promise.allSettled([call(), call(), call()]);
  expect([first?.status, second?.status, third?.status, runs]).toEqual(['rejected', 'fulfilled', 'fulfilled', 2]);
});
