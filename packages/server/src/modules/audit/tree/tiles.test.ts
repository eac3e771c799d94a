// engine: none
import { expect, test } from 'vitest';
import { naiveTree } from '../../../../test/support/naive-merkle.ts';
import { leafHash } from './merkle.ts';
import { combine, tileOf } from './tiles.ts';

test('a node lies in the tile below it', () => {
  expect(tileOf(0, 0)).toEqual({ tileLevel: 0, tile: 0, begin: 0, end: 1 });
  expect(tileOf(0, 700)).toEqual({ tileLevel: 0, tile: 2, begin: 188, end: 189 });
  expect(tileOf(3, 33)).toEqual({ tileLevel: 0, tile: 1, begin: 8, end: 16 });
  expect(tileOf(7, 3)).toEqual({ tileLevel: 0, tile: 1, begin: 128, end: 256 });
  expect(tileOf(8, 3)).toEqual({ tileLevel: 1, tile: 0, begin: 3, end: 4 });
  expect(tileOf(17, 300)).toEqual({ tileLevel: 2, tile: 2, begin: 88, end: 90 });
  expect(tileOf(0, 2 ** 52 + 5)).toEqual({ tileLevel: 0, tile: 2 ** 44, begin: 5, end: 6 });
});

test('every node within a tile is combined of its hashes', () => {
  const data = Array.from({ length: 256 }, (_, n) => Buffer.from(`leaf ${n}`));
  const naive = naiveTree(data);
  const hashes = Buffer.concat(data.map(leafHash));
  for (let level = 0; level <= 7; level += 1)
    for (let index = 0; index < 256 / 2 ** level; index += 1) {
      const { begin, end } = tileOf(level, index);
      expect(combine(hashes, begin, end).equals(naive.root(begin, end))).toBe(true);
    }
  expect(combine(hashes, 0, 256)).toEqual(naive.root(0, 256));
});

test('a run that is no node, and one that the tile has not, are refused', () => {
  const hashes = Buffer.alloc(5 * 32);
  for (const [begin, end] of [
    [0, 3],
    [1, 3],
    [2, 2],
    [3, 2],
    [-2, 0],
    [0.5, 1.5],
  ] as const)
    expect(() => combine(hashes, begin, end)).toThrow(RangeError);
  expect(() => combine(hashes, 4, 6)).toThrow('too few for its hash 5');
  expect(() => combine(hashes.subarray(1), 4, 5)).toThrow('too few');
});
