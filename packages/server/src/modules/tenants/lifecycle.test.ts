// engine: none
import { expect, test } from 'vitest';
import { allowedTransitions } from './lifecycle.ts';

const now = new Date('2026-03-31T12:00:00Z');
const frozen = (frozen_at: string | null) => allowedTransitions({ status: 'frozen', frozen_at }, now);

test('a frozen tenant comes back until the thirtieth day has passed, to the millisecond', () => {
  expect(frozen('2026-03-01T12:00:00.001Z')).toEqual(['activate', 'archive']);
  expect(frozen('2026-03-01T12:00:00.000Z')).toEqual(['archive']);
  expect(frozen('2026-01-01T00:00:00.000Z')).toEqual(['archive']);
  expect(frozen(null)).toEqual(['archive']);
});

test('a demo and an archived tenant take no step', () => {
  expect(allowedTransitions({ status: 'demo', frozen_at: null }, now)).toEqual([]);
  expect(allowedTransitions({ status: 'archived', frozen_at: '2026-03-30T00:00:00Z' }, now)).toEqual([]);
});
