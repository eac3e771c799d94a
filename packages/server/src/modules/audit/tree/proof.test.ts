// engine: none
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryLog } from '../../../../test/support/memory-log.ts';
import { naiveTree } from '../../../../test/support/naive-merkle.ts';
import { EMPTY_ROOT, leafHash } from './merkle.ts';
import {
  type Consistency,
  consistencyNodes,
  consistencyPath,
  type HashReader,
  type Inclusion,
  inclusionNodes,
  inclusionPath,
  type PerfectNode,
  perfectNodesOf,
  rootAt,
  rootNodes,
  verifyConsistency,
  verifyInclusion,
} from './proof.ts';

const EXHAUSTIVE = 200;
const MOST = 5_000;
const data = Array.from({ length: MOST }, (_, n) => Buffer.from(`leaf ${n}`));
const naive = naiveTree(data);
const { reader, leaves, roots } = memoryLog(data);
const rootOfSize = (size: number) => roots[size] as Buffer;

const areSame = (left: readonly Uint8Array[], right: readonly Uint8Array[]) =>
  left.length === right.length && left.every((hash, n) => Buffer.compare(hash, right[n] as Buffer) === 0);

async function inclusionOf(index: number, size: number): Promise<Inclusion> {
  const path = await inclusionPath(index, size, reader);
  return { index, size, leaf: leaves[index] as Buffer, path, root: rootOfSize(size) };
}

async function consistencyOf(first: number, second: number): Promise<Consistency> {
  const path = await consistencyPath(first, second, reader);
  return { first, second, path, firstRoot: rootOfSize(first), secondRoot: rootOfSize(second) };
}

/** Says whether the path is that of the RFC, and proves what it should. */
async function isIncluded(index: number, size: number): Promise<boolean> {
  const proof = await inclusionOf(index, size);
  return areSame(proof.path, naive.inclusion(index, size)) && verifyInclusion(proof);
}

async function isConsistent(first: number, second: number): Promise<boolean> {
  const proof = await consistencyOf(first, second);
  return areSame(proof.path, naive.consistency(first, second)) && verifyConsistency(proof);
}

test('up to 200 leaves, every root and every path from tiles is the one of the RFC, and is accepted', async () => {
  const wrong: string[] = [];
  for (let size = 0; size <= EXHAUSTIVE; size += 1) {
    if (!(await rootAt(size, reader)).equals(naive.root(0, size))) wrong.push(`root of ${size}`);
    for (let other = 0; other < size; other += 1) {
      if (!(await isIncluded(other, size))) wrong.push(`leaf ${other} of ${size}`);
      if (!(await isConsistent(other + 1, size))) wrong.push(`${other + 1} begins ${size}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('up to 5,000 leaves, the same holds at random', async () => {
  const pairs = fc.tuple(fc.integer({ min: 1, max: MOST }), fc.nat()).map(([size, n]) => [n % size, size] as const);
  await fc.assert(
    fc.asyncProperty(pairs, async ([index, size]) => {
      expect((await rootAt(size, reader)).equals(naive.root(0, size))).toBe(true);
      expect(await isIncluded(index, size)).toBe(true);
      expect(await isConsistent(index + 1, size)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('a proof with anything changed is refused', async () => {
  for (const size of [1, 2, 3, 7, 8, 13, 64, 100, 257]) {
    for (const index of new Set([0, Math.floor(size / 2), size - 1])) {
      const proof = await inclusionOf(index, size);
      expect(changedInclusions(proof).filter(verifyInclusion)).toEqual([]);
      const consistency = await consistencyOf(index + 1, size);
      expect(changedConsistencies(consistency).filter(verifyConsistency)).toEqual([]);
    }
  }
});

const flipped = (hash: Uint8Array) => Buffer.from(hash.map((byte, n) => (n === 17 ? byte ^ 1 : byte)));
const flippedAt = (path: readonly Uint8Array[], at: number) => path.map((hash, n) => (n === at ? flipped(hash) : hash));
const changedPaths = (path: readonly Uint8Array[]) => [
  ...path.map((_, at) => flippedAt(path, at)),
  ...path.map((_, at) => path.toSpliced(at, 1)),
  [...path, Buffer.alloc(32)],
  [Buffer.alloc(32), ...path],
  [...path, Buffer.alloc(31)],
];

function changedInclusions(proof: Inclusion): Inclusion[] {
  const { index, size } = proof;
  return [
    ...changedPaths(proof.path).map((path) => ({ ...proof, path })),
    { ...proof, leaf: flipped(proof.leaf) },
    { ...proof, leaf: Buffer.alloc(0) },
    { ...proof, root: flipped(proof.root) },
    { ...proof, root: Buffer.alloc(0) },
    { ...proof, index: index + 2 ** 40 },
    { ...proof, index: -1 },
    { ...proof, index: index + 0.5 },
    { ...proof, size: 0 },
    { ...proof, size: index },
    { ...proof, size: size * 4 },
    { ...proof, size: Number.NaN },
  ];
}

function changedConsistencies(proof: Consistency): Consistency[] {
  const { first, second } = proof;
  return [
    ...changedPaths(proof.path).map((path) => ({ ...proof, path })),
    { ...proof, firstRoot: flipped(proof.firstRoot) },
    { ...proof, secondRoot: flipped(proof.secondRoot) },
    ...(first < second
      ? [{ ...proof, firstRoot: flipped(proof.firstRoot), secondRoot: flipped(proof.secondRoot) }]
      : []),
    { ...proof, firstRoot: Buffer.alloc(0) },
    { ...proof, first: 0 },
    { ...proof, first: second + 1 },
    { ...proof, first: first + 0.5 },
    { ...proof, second: second * 4 },
    { ...proof, second: first - 1 },
  ];
}

test('another leaf or another beginning is not proved', async () => {
  const proof = await inclusionOf(5, 100);
  for (let index = 0; index < 100; index += 1)
    if (index !== 5) expect(verifyInclusion({ ...proof, index })).toBe(false);
  expect(verifyInclusion({ ...proof, leaf: leaves[6] as Buffer })).toBe(false);
  const consistency = await consistencyOf(40, 100);
  for (let first = 1; first <= 100; first += 1)
    if (first !== 40) expect(verifyConsistency({ ...consistency, first, firstRoot: rootOfSize(first) })).toBe(false);
  // A log that was rewritten from leaf 17 on.
  const forged = memoryLog(data.slice(0, 100).map((each, n) => (n < 17 ? each : Buffer.from(`forged ${n}`))));
  const path = await consistencyPath(40, 100, forged.reader);
  const claim = { first: 40, second: 100, path, secondRoot: forged.roots[100] as Buffer };
  expect(verifyConsistency({ ...claim, firstRoot: forged.roots[40] as Buffer })).toBe(true);
  expect(verifyConsistency({ ...claim, firstRoot: rootOfSize(40) })).toBe(false);
});

test('a reader is told of all subtrees first, and is asked for no others', async () => {
  const told: string[] = [];
  const asked: string[] = [];
  const listening: HashReader = {
    async prefetch(nodes) {
      told.push(...nodes.map(({ level, index }) => `${level}/${index}`));
    },
    perfect(level, index) {
      asked.push(`${level}/${index}`);
      return reader.perfect(level, index);
    },
  };
  await inclusionPath(1_234, 4_999, listening);
  await consistencyPath(700, 3_001, listening);
  await rootAt(4_095, listening);
  const nodes = [...inclusionNodes(1_234, 4_999), ...consistencyNodes(700, 3_001), ...rootNodes(4_095)];
  expect(told).toEqual(perfectNodesOf(nodes).map(({ level, index }) => `${level}/${index}`));
  expect(asked.toSorted()).toEqual(told.toSorted());
});

test('the subtrees of a node are its leaves in order, also beyond 32 bits', () => {
  const size = 2 ** 52 + 2 ** 35 + 2 ** 31 + 5;
  const nodes = [
    ...inclusionNodes(size - 1, size),
    ...inclusionNodes(2 ** 33 + 1, size),
    ...consistencyNodes(2 ** 34 + 3, size),
    ...rootNodes(size),
  ];
  for (const node of nodes) {
    const covered = perfectNodesOf([node]);
    const ends = covered.map(({ level, index }: PerfectNode) => (index + 1) * 2 ** level);
    expect(covered.map(({ level, index }) => index * 2 ** level)).toEqual([node.begin, ...ends.slice(0, -1)]);
    expect(ends.at(-1)).toBe(node.end);
    expect(covered.every(({ index }) => Number.isSafeInteger(index))).toBe(true);
  }
  // Three steps at the right edge (of 4, of 2^31, of 2^35) lead to the largest tree.
  expect(inclusionNodes(size - 1, size)).toHaveLength(4);
});

test('the edges: one leaf, one size, no leaves', async () => {
  expect(await inclusionPath(0, 1, reader)).toEqual([]);
  expect(verifyInclusion({ index: 0, size: 1, leaf: leafHash(data[0] as Buffer), path: [], root: rootOfSize(1) })).toBe(
    true,
  );
  expect(await consistencyPath(7, 7, reader)).toEqual([]);
  const same = { first: 7, second: 7, path: [] };
  expect(verifyConsistency({ ...same, firstRoot: rootOfSize(7), secondRoot: rootOfSize(7) })).toBe(true);
  expect(verifyConsistency({ ...same, firstRoot: rootOfSize(7), secondRoot: rootOfSize(8) })).toBe(false);
  expect(await rootAt(0, reader)).toEqual(EMPTY_ROOT);
  expect(verifyConsistency({ first: 0, second: 0, firstRoot: EMPTY_ROOT, secondRoot: EMPTY_ROOT, path: [] })).toBe(
    false,
  );
});

test('what no log can prove is refused', () => {
  expect(() => inclusionNodes(3, 3)).toThrow('a log of 3 leaves has no leaf 3');
  expect(() => inclusionNodes(0, 0)).toThrow(RangeError);
  expect(() => inclusionNodes(-1, 3)).toThrow(RangeError);
  expect(() => consistencyNodes(0, 3)).toThrow('nothing is proved of a log without leaves');
  expect(() => consistencyNodes(4, 3)).toThrow('a log of 4 leaves does not begin one of 3');
  expect(() => consistencyNodes(1.5, 3)).toThrow(RangeError);
  expect(() => rootNodes(Number.NaN)).toThrow(RangeError);
});
