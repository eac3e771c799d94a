/** Proofs of RFC 9162: that a leaf is in a log (2.1.3), and that a log is the beginning of a later one (2.1.4). */
import { EMPTY_ROOT, foldRight, HASH_BYTES, nodeHash } from './merkle.ts';
import { half, isOdd, isPowerOfTwo, levelWithin, requireSize } from './sizes.ts';

/** The leaves from `begin` to before `end`, of which a proof needs the hash. */
export interface Node {
  readonly begin: number;
  readonly end: number;
}

/** The subtree of 2^level leaves that begins with the leaf index × 2^level. */
export interface PerfectNode {
  readonly level: number;
  readonly index: number;
}

export interface HashReader {
  /** Is told first of everything that one path needs. */
  prefetch?(nodes: readonly PerfectNode[]): Promise<void>;
  /** Returns the root of a perfect subtree. */
  perfect(level: number, index: number): Promise<Buffer>;
}

/** Returns what proves a leaf, in the order of the path. Throws when the log has no such leaf. */
export function inclusionNodes(index: number, size: number): Node[] {
  requireSize(index, 'the index');
  requireSize(size, 'the size');
  if (index >= size) throw new RangeError(`a log of ${size} leaves has no leaf ${index}`);
  const nodes: Node[] = [];
  let tree: Node = { begin: 0, end: size };
  while (tree.end - tree.begin > 1) {
    const [left, right] = childrenOf(tree);
    const isLeft = index < left.end;
    nodes.push(isLeft ? right : left);
    tree = isLeft ? left : right;
  }
  return nodes.reverse();
}

/** Returns what proves that the first log begins the second, in the order of the path. Throws when it cannot. */
export function consistencyNodes(first: number, second: number): Node[] {
  requireSize(first, 'the first size');
  requireSize(second, 'the second size');
  if (first === 0) throw new RangeError('nothing is proved of a log without leaves');
  if (first > second) throw new RangeError(`a log of ${first} leaves does not begin one of ${second}`);
  const nodes: Node[] = [];
  let tree: Node = { begin: 0, end: second };
  while (tree.end > first) {
    const [left, right] = childrenOf(tree);
    const isLeft = first <= left.end;
    nodes.push(isLeft ? right : left);
    tree = isLeft ? left : right;
  }
  // Who checks the proof has the root of the first log, which is this subtree when it begins with the first leaf.
  if (tree.begin > 0) nodes.push(tree);
  return nodes.reverse();
}

/** Returns what the root of a log is made of: one node, or none for the empty log. */
export function rootNodes(size: number): Node[] {
  requireSize(size, 'the size');
  return size === 0 ? [] : [{ begin: 0, end: size }];
}

function childrenOf({ begin, end }: Node): [Node, Node] {
  const middle = begin + 2 ** levelWithin(end - begin - 1);
  return [
    { begin, end: middle },
    { begin: middle, end },
  ];
}

/** Returns the perfect subtrees that the nodes are made of, so that all of them can be read at once. */
export function perfectNodesOf(nodes: readonly Node[]): PerfectNode[] {
  return nodes.flatMap(perfectNodesIn);
}

// Only the right edge of a log is not perfect itself: it is a row of perfect subtrees, each smaller than the last.
function perfectNodesIn({ begin, end }: Node): PerfectNode[] {
  const found: PerfectNode[] = [];
  for (let at = begin; at < end; ) {
    const level = levelWithin(end - at);
    found.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return found;
}

/** Returns the path that proves a leaf of a log of this size. */
export function inclusionPath(index: number, size: number, hashes: HashReader): Promise<Buffer[]> {
  return pathOf(inclusionNodes(index, size), hashes);
}

/** Returns the path that proves that the log of the first size begins that of the second; empty when they are one. */
export function consistencyPath(first: number, second: number, hashes: HashReader): Promise<Buffer[]> {
  return pathOf(consistencyNodes(first, second), hashes);
}

/** Returns the root that the log had at this size. */
export async function rootAt(size: number, hashes: HashReader): Promise<Buffer> {
  const [root] = await pathOf(rootNodes(size), hashes);
  return root ?? EMPTY_ROOT;
}

async function pathOf(nodes: readonly Node[], hashes: HashReader): Promise<Buffer[]> {
  await hashes.prefetch?.(perfectNodesOf(nodes));
  return Promise.all(nodes.map((node) => hashOf(node, hashes)));
}

async function hashOf(node: Node, hashes: HashReader): Promise<Buffer> {
  return foldRight(await Promise.all(perfectNodesIn(node).map(({ level, index }) => hashes.perfect(level, index))));
}

export interface Inclusion {
  readonly index: number;
  readonly size: number;
  /** The hash of the leaf. */
  readonly leaf: Uint8Array;
  readonly path: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** Says whether the log of this root has this leaf at this index (RFC 9162, section 2.1.3.2). Never throws. */
export function verifyInclusion({ index, size, leaf, path, root }: Inclusion): boolean {
  if (!isSize(index) || !isSize(size) || index >= size) return false;
  if (![leaf, root, ...path].every(isHash)) return false;
  const climb = new Climb(index, size - 1);
  let found = leaf;
  for (const hash of path) {
    if (climb.isAtTop) return false;
    found = climb.isRight() ? nodeHash(hash, found) : nodeHash(found, hash);
    climb.up();
  }
  return climb.isAtTop && equal(found, root);
}

export interface Consistency {
  readonly first: number;
  readonly second: number;
  readonly firstRoot: Uint8Array;
  readonly secondRoot: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** Says whether the first log is the beginning of the second (RFC 9162, section 2.1.4.2). Never throws. */
export function verifyConsistency({ first, second, firstRoot, secondRoot, path }: Consistency): boolean {
  if (!isSize(first) || !isSize(second) || first === 0 || first > second) return false;
  if (![firstRoot, secondRoot, ...path].every(isHash)) return false;
  if (first === second) return path.length === 0 && equal(firstRoot, secondRoot);
  const [start, ...rest] = isPowerOfTwo(first) ? [firstRoot, ...path] : path;
  if (start === undefined) return false;
  const climb = new Climb(first - 1, second - 1);
  climb.skipRight();
  let older = start;
  let newer = start;
  for (const hash of rest) {
    if (climb.isAtTop) return false;
    if (climb.isRight()) {
      older = nodeHash(hash, older);
      newer = nodeHash(hash, newer);
    } else newer = nodeHash(newer, hash);
    climb.up();
  }
  return climb.isAtTop && equal(older, firstRoot) && equal(newer, secondRoot);
}

/** The way from a node to the root: `fn` and `sn` of the RFC, the node's index on its level and the last one there. */
class Climb {
  #index: number;
  #last: number;

  constructor(index: number, last: number) {
    this.#index = index;
    this.#last = last;
  }

  get isAtTop(): boolean {
    return this.#last === 0;
  }

  /** Says whether the node's sibling is to its left. Levels on which it has no sibling are passed over. */
  isRight(): boolean {
    if (isOdd(this.#index)) return true;
    if (this.#index !== this.#last) return false;
    while (this.#index > 0 && !isOdd(this.#index)) this.up();
    return true;
  }

  /** Passes over the levels on which the node is the right child. */
  skipRight(): void {
    while (isOdd(this.#index)) this.up();
  }

  up(): void {
    this.#index = half(this.#index);
    this.#last = half(this.#last);
  }
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_BYTES;
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
