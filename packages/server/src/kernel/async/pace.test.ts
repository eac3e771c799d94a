// engine: none
import { expect, test } from 'vitest';
import { createPace } from './pace.ts';

function paced() {
  const state = { nowMs: 5_000, waited: [] as number[] };
  const timing = {
    now: () => state.nowMs,
    async wait(ms: number) {
      state.waited.push(ms);
      state.nowMs += ms;
    },
  };
  return { pace: createPace({ bytesPerSecond: 1_000, aheadSeconds: 2, timing }), state };
}

test('what fits into the start is not held up, and all after it goes at the pace', async () => {
  const { pace, state } = paced();
  for (let part = 0; part < 4; part += 1) await pace(500);
  expect(state.waited).toEqual([]);
  await pace(500);
  await pace(250);
  expect(state.waited).toEqual([500, 250]);
});

test('work that is slow by itself is not held up either, and may catch up', async () => {
  const { pace, state } = paced();
  for (let part = 0; part < 10; part += 1) {
    state.nowMs += 1_000;
    await pace(1_000);
  }
  await pace(2_000);
  expect(state.waited).toEqual([]);
  await pace(100);
  expect(state.waited).toEqual([100]);
});
