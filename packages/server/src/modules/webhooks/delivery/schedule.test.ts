// engine: none
import { expect, test } from 'vitest';
import { nextState, probePauseMs } from './schedule.ts';

const failed = { delivered: false, retry_after_ms: null };
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const waits = [5 * SECOND, 60 * SECOND, 300 * SECOND, 1_800 * SECOND, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR];

test('nine attempts are made over 27.6 hours, each up to a tenth later, and then the delivery is given up', () => {
  const states = Array.from({ length: 9 }, (_, before) => nextState(failed, before, 0));
  expect(states).toEqual([
    ...waits.map((retry_ms) => ({ state: 'pending', retry_ms })),
    { state: 'failed', retry_ms: null },
  ]);
  expect(waits.reduce((sum, ms) => sum + ms) / HOUR).toBeCloseTo(27.6, 1);
  waits.forEach((wait, before) => {
    expect(nextState(failed, before, 0.999).retry_ms).toBeCloseTo(wait * 1.0999, 3);
  });
});

test('Retry-After makes a wait longer and never shorter, and gives no tenth attempt', () => {
  expect(nextState({ delivered: false, retry_after_ms: HOUR }, 0, 0.5).retry_ms).toBe(HOUR);
  expect(nextState({ delivered: false, retry_after_ms: 0 }, 1, 0).retry_ms).toBe(60 * SECOND);
  expect(nextState({ delivered: false, retry_after_ms: HOUR }, 8, 0).state).toBe('failed');
});

test('what was delivered is done', () => {
  expect(nextState({ delivered: true, retry_after_ms: null }, 8, 0)).toEqual({ state: 'succeeded', retry_ms: null });
});

test('from the third failure on probes are 10 seconds to 5 minutes apart', () => {
  const pauses = Array.from({ length: 12 }, (_, failures) => probePauseMs(failures, 3) / SECOND);
  expect(pauses).toEqual([0, 0, 0, 10, 20, 40, 80, 160, 300, 300, 300, 300]);
});
