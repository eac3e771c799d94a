// engine: none
import { expect, test } from 'vitest';
import { naiveTree } from '../../../../test/support/naive-merkle.ts';
import { append, EMPTY_ROOT, type Frontier, frontierBytes, frontierOf, leafHash, nodeHash, rootOf } from './merkle.ts';

const MOST = 5_000;
const data = Array.from({ length: MOST }, (_, n) => Buffer.from(`leaf ${n}`));
const naive = naiveTree(data);

const empty = () => frontierOf(0, Buffer.alloc(0));
const grown = (size: number) => data.slice(0, size).reduce((log, each) => append(log, leafHash(each)), empty());

test('hashes are those that Certificate Transparency publishes', () => {
  // The test vectors of certificate-transparency-go and of github.com/transparency-dev/merkle.
  expect(EMPTY_ROOT.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(leafHash('').toString('hex')).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
  expect(leafHash(Buffer.from('L123456')).toString('hex')).toBe(
    '395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56',
  );
  expect(leafHash('L123456')).toEqual(leafHash(new TextEncoder().encode('L123456')));
});

test('every size has the root of the RFC, and goes through its bytes and back', () => {
  let log = empty();
  expect(rootOf(log)).toEqual(EMPTY_ROOT);
  const wrong: number[] = [];
  for (let size = 1; size <= MOST; size += 1) {
    log = append(frontierOf(log.size, frontierBytes(log)), leafHash(data[size - 1] as Buffer));
    if (log.size !== size || !rootOf(log).equals(naive.root(0, size))) wrong.push(size);
  }
  expect(wrong).toEqual([]);
});

test('each perfect subtree above the leaves is told of once, when its last leaf comes', () => {
  const told: string[] = [];
  let log = empty();
  for (const [leaf, each] of data.entries())
    log = append(log, leafHash(each), (level, index, hash) => {
      expect((index + 1) * 2 ** level).toBe(leaf + 1);
      expect(hash.equals(naive.root(index * 2 ** level, (index + 1) * 2 ** level))).toBe(true);
      told.push(`${level}/${index}`);
    });
  const all = Array.from({ length: 12 }, (_, n) => n + 1).flatMap((level) =>
    Array.from({ length: Math.floor(MOST / 2 ** level) }, (_, index) => `${level}/${index}`),
  );
  expect(told.toSorted()).toEqual(all.toSorted());
});

test('indexes beyond 32 bits are exact', () => {
  const size = 2 ** 40 + 2 ** 33 + 3;
  const log = frontierOf(size, Buffer.alloc(4 * 32, 7));
  const told: [number, number][] = [];
  append(log, leafHash('x'), (level, index) => told.push([level, index]));
  expect(told).toEqual([
    [1, (2 ** 40 + 2 ** 33 + 2) / 2],
    [2, (2 ** 40 + 2 ** 33) / 4],
  ]);
  expect([log.size, log.hashes.length]).toEqual([size + 1, 3]);
});

test('a frontier does not share memory with the bytes that it was made of', () => {
  const bytes = frontierBytes(grown(3));
  const log = frontierOf(3, bytes);
  bytes.fill(0);
  expect(rootOf(log)).toEqual(naive.root(0, 3));
});

test('what does not fit is refused', () => {
  expect(() => frontierOf(3, Buffer.alloc(32))).toThrow('the frontier of 3 leaves has 64 bytes, and these are 32');
  expect(() => frontierOf(-1, Buffer.alloc(0))).toThrow(RangeError);
  expect(() => frontierOf(0, Buffer.alloc(32))).toThrow(RangeError);
  expect(() => append(grown(1), Buffer.alloc(31))).toThrow('32 bytes');
  expect(() => nodeHash(Buffer.alloc(31), Buffer.alloc(32))).toThrow('32 bytes');
  expect(() => nodeHash(Buffer.alloc(32), Buffer.alloc(33))).toThrow('32 bytes');
  const torn: Frontier = { size: 3, hashes: [] };
  expect(() => append(torn, leafHash(''))).toThrow('too few hashes');
  const full = frontierOf(Number.MAX_SAFE_INTEGER, Buffer.alloc(53 * 32));
  expect(() => append(full, leafHash(''))).toThrow('below 2^53');
});
