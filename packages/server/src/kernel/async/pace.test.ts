// engine: none
import { expect, test } from 'vitest';
import { createPace, createTenantPace } from './pace.ts';

function paced() {
  const state = { nowMs: 5_000, waited: [] as number[] };
  const timing = {
    now: () => state.nowMs,
    async wait(ms: number) {
      state.waited.push(ms);
      state.nowMs += ms;
    },
  };
  const options = { bytesPerSecond: 1_000, aheadSeconds: 2, timing };
  return { pace: createPace(options), tenantPace: createTenantPace(options), state };
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

test('the requests of a tenant share a pace, others do not wait for it, and the platform waits for nobody', async () => {
  const { tenantPace, state } = paced();
  await tenantPace('a', 2_000);
  await tenantPace('b', 2_000);
  expect(state.waited).toEqual([]);
  await tenantPace('a', 500);
  await tenantPace('b', 0);
  await tenantPace(null, 100_000);
  expect(state.waited).toEqual([500]);
});

test('a tenant that is too far ahead begins nothing, and a rest gives it no more than it may be ahead', async () => {
  const { tenantPace, state } = paced();
  // Nobody waits for these two: who asked for them has left.
  void tenantPace('a', 2_000);
  void tenantPace('a', 1_000);
  state.waited = [];
  state.nowMs = 5_000;
  await tenantPace('a', 0);
  expect(state.waited).toEqual([1_000]);
  state.nowMs += 1_000_000;
  await tenantPace('a', 2_000);
  await tenantPace('a', 300);
  expect(state.waited).toEqual([1_000, 300]);
});
