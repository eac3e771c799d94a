// engine: none
import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';
import { createRegistryClock } from './registry-clock.ts';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-01-15T09:30:00.000Z');

/** A process and a database. Time passes only where the test says so; `skewMs` is how far the process is ahead. `slowMs` is what the next answers take on their way back. */
function world() {
  const state = { elapsedMs: 0, skewMs: 0, thereMs: 0, backMs: 0, slowMs: [] as number[], asked: 0, away: false };
  const logs: { level: string; msg: string; aheadMs: number }[] = [];
  const databaseTime = async () => {
    state.asked += 1;
    if (state.away) throw new Error('the database is away');
    state.elapsedMs += state.thereMs;
    const time = new Date(START + state.elapsedMs);
    state.elapsedMs += state.slowMs.shift() ?? state.backMs;
    return time;
  };
  const start = () =>
    createRegistryClock({
      clock: () => new Date(START + state.elapsedMs + state.skewMs),
      databaseTime,
      steadyMs: () => 12_345 + state.elapsedMs,
      toleranceMs: 5_000,
      logger: createLogger('info', { write: (line) => void logs.push(JSON.parse(line)) }),
    });
  return { state, logs, start, databaseNow: () => START + state.elapsedMs };
}

const errorOf = (now: Date, databaseNow: number) => Math.abs(now.getTime() - databaseNow);

test.each([40 * DAY_MS, -40 * DAY_MS, 6_000])(
  'a clock that is %i ms ahead gives the time of the database, does not agree, and says so once, as when that is over',
  async (skewMs) => {
    const { state, logs, start, databaseNow } = world();
    Object.assign(state, { skewMs, thereMs: 3, backMs: 3 });
    const clock = await start();
    expect(errorOf(clock.now(), databaseNow())).toBeLessThanOrEqual(4);
    expect([await clock.agrees(), await clock.agrees()]).toEqual([false, false]);
    expect(logs).toMatchObject([{ level: 'error', msg: expect.stringContaining('differs from the database') }]);
    expect(Math.abs((logs[0]?.aheadMs ?? 0) - skewMs)).toBeLessThanOrEqual(4);
    state.skewMs = 0;
    expect(await clock.agrees()).toBe(true);
    expect(logs.slice(1)).toMatchObject([{ level: 'info', msg: expect.stringContaining('agrees with the database') }]);
    expect(errorOf(clock.now(), databaseNow())).toBeLessThanOrEqual(4);
  },
);

test('a distance within the tolerance is corrected and agrees', async () => {
  const { state, logs, start, databaseNow } = world();
  state.skewMs = 4_000;
  const clock = await start();
  expect(errorOf(clock.now(), databaseNow())).toBeLessThanOrEqual(2);
  expect(await clock.agrees()).toBe(true);
  expect(logs).toEqual([]);
});

test('an answer that may have been read at any time of a slow round trip does not move a clock that is right', async () => {
  const { state, start, databaseNow } = world();
  const clock = await start();
  Object.assign(state, { thereMs: 3_000, backMs: 1 });
  expect(await clock.agrees()).toBe(true);
  expect(errorOf(clock.now(), databaseNow())).toBe(0);
  expect(clock.aheadMs()).toBe(0);
});

test('of several answers the fastest decides', async () => {
  const { state, start, databaseNow } = world();
  const clock = await start();
  Object.assign(state, { skewMs: 2_000, slowMs: [900, 700, 0, 800] });
  await clock.agrees();
  expect(errorOf(clock.now(), databaseNow())).toBeLessThanOrEqual(2);
});

test('a clock that jumps between two measurements is measured again by the first who reads it', async () => {
  const { state, start, databaseNow } = world();
  const clock = await start();
  state.skewMs = 40 * DAY_MS;
  const asked = state.asked;
  clock.now();
  await expect.poll(() => clock.aheadMs()).toBeGreaterThan(39 * DAY_MS);
  expect(state.asked).toBeGreaterThan(asked);
  expect(errorOf(clock.now(), databaseNow())).toBeLessThanOrEqual(2);
});

test('a clock that drifts is measured again by a reader ten seconds later', async () => {
  const { state, start } = world();
  const clock = await start();
  Object.assign(state, { elapsedMs: 10_001, skewMs: 50 });
  clock.now();
  await expect.poll(() => clock.aheadMs()).toBeGreaterThan(40);
});

test('a database that does not answer fails the start, later rejects who asks, and is left alone by readers for a second', async () => {
  const { state, start } = world();
  state.away = true;
  await expect(start()).rejects.toThrow('away');
  state.away = false;
  const clock = await start();
  Object.assign(state, { away: true, skewMs: DAY_MS });
  await expect(clock.agrees()).rejects.toThrow('away');
  const asked = state.asked;
  clock.now();
  expect(state.asked).toBe(asked);
  state.elapsedMs += 1_000;
  clock.now();
  expect(state.asked).toBe(asked + 1);
});
