// engine: none
import { expect, test } from 'vitest';
import { half, isOdd, isPowerOfTwo, levelWithin, perfectTreesIn, requireSize } from './sizes.ts';

const LARGEST = Number.MAX_SAFE_INTEGER;

test('the level of the largest perfect tree is exact up to 2^53', () => {
  expect([1, 2, 3, 4, 5, 255, 256].map(levelWithin)).toEqual([0, 1, 1, 2, 2, 7, 8]);
  for (let level = 1; level < 53; level += 1) {
    expect([2 ** level - 1, 2 ** level, 2 ** level + 1].map(levelWithin)).toEqual([level - 1, level, level]);
  }
  expect(levelWithin(LARGEST)).toBe(52);
});

test('perfect trees are counted, halves are whole and parity is exact beyond 32 bits', () => {
  expect([0, 1, 6, 7, 2 ** 40 + 1, LARGEST].map(perfectTreesIn)).toEqual([0, 1, 2, 3, 2, 53]);
  expect(half(2 ** 40 + 1)).toBe(2 ** 39);
  expect([2 ** 40, 2 ** 40 + 1, LARGEST].map(isOdd)).toEqual([false, true, true]);
  expect([0, 1, 2, 3, 2 ** 52, LARGEST].map(isPowerOfTwo)).toEqual([false, true, true, false, true, false]);
});

test.each([-1, 0.5, Number.NaN, LARGEST + 1, Number.POSITIVE_INFINITY])('%s is no size', (value) => {
  expect(() => requireSize(value, 'the size')).toThrow('the size must be a whole number');
});
