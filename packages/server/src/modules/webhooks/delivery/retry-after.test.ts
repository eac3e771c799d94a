// engine: none
import { expect, test } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

const now = new Date('2026-03-01T10:00:00Z');

test.each([
  ['0', 0],
  ['17', 17_000],
  [' 17 ', 17_000],
  ['86401', 86_400_000],
  ['99999999999999999999', 86_400_000],
  ['Sun, 01 Mar 2026 10:01:00 GMT', 60_000],
  ['Sun, 01 Mar 2026 09:00:00 GMT', 0],
  ['Sun, 08 Mar 2026 10:00:00 GMT', 86_400_000],
  ['-5', null],
  ['1.5', null],
  ['soon', null],
  ['2026-03-01', null],
  ['', null],
  [null, null],
])('Retry-After %j means %j ms', (header, expected) => {
  expect(retryAfterMs(header, now)).toBe(expected);
});
