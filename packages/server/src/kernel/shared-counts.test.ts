// engine: none
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBudgets } from './budgets.ts';
import type { Count } from './process-group.ts';
import { createSharedCounts, type SharedCounts } from './shared-counts.ts';
import { createSignals } from './signals.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Two processes that tell each other. */
function pair(): [SharedCounts, SharedCounts, (readonly Count[])[]] {
  const told: (readonly Count[])[] = [];
  const one: SharedCounts = createSharedCounts((counts) => {
    told.push(counts);
    two.hear(structuredClone(counts));
  });
  const two: SharedCounts = createSharedCounts((counts) => {
    told.push(counts);
    one.hear(structuredClone(counts));
  });
  return [one, two, told];
}

test('what a caller and its tenant spend in one process is gone in the other a moment later, and is told in few messages', () => {
  const [one, two, told] = pair();
  const limits = { principalPerMinute: 10, tenantPerMinute: 100, tenantCostPerMinute: 1_000 };
  const parts = { clock: () => new Date(), refused: () => {} };
  const [here, there] = [one, two].map((sharedCounts) => createBudgets(limits, { ...parts, sharedCounts }));
  const spender = { principal: 'key', tenant_id: 'acme' };
  for (let n = 0; n < 6; n += 1) here?.spend(spender, 'export');
  here?.charge(spender, 9);
  expect(there?.standings(spender).map(({ remaining }) => remaining)).toEqual([10, 100, 1_000]);
  vi.advanceTimersByTime(100);
  expect(told).toHaveLength(1);
  const left = [4, 94, 1_000 - 6 * 51 - 9];
  expect(there?.standings(spender).map(({ remaining }) => remaining)).toEqual(left);
  expect(here?.standings(spender).map(({ remaining }) => remaining)).toEqual(left);
  for (let n = 0; n < 4; n += 1) there?.spend(spender);
  expect(() => there?.spend(spender)).toThrow('too many requests');
  vi.advanceTimersByTime(100);
  expect(() => here?.spend(spender)).toThrow('too many requests');
  expect(told, 'what was refused is not told').toHaveLength(2);
});

test('the group is told of work that one process does for all, and of nothing that each hears by the database; what it tells is not passed on again', () => {
  const passed: string[] = [];
  const signals = createSignals((signal) => passed.push(signal));
  const heard: string[] = [];
  signals.on('queued', () => heard.push('queued'));
  for (const signal of ['queued', 'logged', 'configured', 'deliverable', 'ordered', 'intended'] as const)
    signals.tell(signal);
  expect(passed).toEqual(['queued', 'deliverable', 'ordered', 'intended']);
  signals.hear('queued');
  expect(heard).toEqual(['queued', 'queued']);
  expect(passed).toHaveLength(4);
});
