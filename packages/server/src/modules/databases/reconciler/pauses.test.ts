// engine: none
import { expect, test } from 'vitest';
import { seen } from '../../../../test/support/reconciling.ts';
import { observedOutcome, shownText } from './outcome.ts';
import { failurePauseMs, lookPauseMs, soonPauseMs, steadyPauseMs } from './pauses.ts';

test('the pause after failures has full jitter, and is from 1 s to 300 s', () => {
  expect([1, 2, 3, 8, 1_000_000].map((attempts) => failurePauseMs(attempts, 1) / 1_000)).toEqual([4, 8, 16, 300, 300]);
  expect([1, 8].map((attempts) => failurePauseMs(attempts, 0) / 1_000)).toEqual([1, 1]);
  expect(failurePauseMs(8, 0.5)).toBe(150_000);
});

test('looks at what is well are a minute apart, or five under a watch, and a tenth of jitter', () => {
  expect([0, 0.5, 1].map((random) => steadyPauseMs(false, random) / 1_000)).toEqual([54, 60, 66]);
  expect([0, 0.5, 1].map((random) => steadyPauseMs(true, random) / 1_000)).toEqual([270, 300, 330]);
  expect(lookPauseMs(0.5)).toBe(300_000);
});

test('looks at what is under way are rarer the longer it takes', () => {
  expect([0, 20_000, 1_000_000].map((agedMs) => soonPauseMs(agedMs, 5_000, 0.5))).toEqual([1_000, 2_000, 5_000]);
  expect(soonPauseMs(0, 5_000, 0)).toBe(1_000);
});

test('what a provisioner says is cut to what can be shown, and a password in a URL is not shown', () => {
  const condition = { type: 't'.repeat(1_000), status: 'True', reason: 'r\0', message: 'm'.repeat(9_000) } as const;
  const outcome = observedOutcome(
    { want: 'running' },
    seen({
      phase: 'working',
      reason: 'applying',
      message: `postgres://u:hunter2@db/x ${'m'.repeat(9_000)}`,
      conditions: Array(500).fill(condition),
      repaired: Array(500).fill('p'.repeat(1_000)),
    }),
  );
  if (outcome.kind !== 'observed') throw new Error('a fitting observation is taken');
  const { message, conditions, repaired } = outcome.observed;
  expect(message).toHaveLength(2_000);
  expect(message).not.toContain('hunter2');
  expect(conditions).toHaveLength(100);
  expect(conditions[0]).toEqual({ ...condition, type: 't'.repeat(200), reason: 'r', message: 'm'.repeat(2_000) });
  expect([repaired.length, repaired[0]?.length]).toEqual([20, 200]);
  expect(shownText('a\0b', 1)).toBe('a');
});

test('an answer to another question counts as no answer', () => {
  for (const [want, phase] of [
    ['asleep', 'ready'],
    ['running', 'gone'],
    ['destroyed', 'retained'],
  ] as const)
    expect(observedOutcome({ want }, seen({ phase, reason: 'healthy' }))).toMatchObject({ kind: 'unavailable' });
  expect(observedOutcome({ want: 'destroyed' }, seen({ phase: 'lost' })).kind).toBe('observed');
});
