/** The Merkle tree of RFC 9162, section 2.1, and its growth at the right edge. */
import { sha256 } from './sha256.ts';
import { half, isOdd, perfectTreesIn, requireSize } from './sizes.ts';

export const HASH_BYTES = 32;

/** The root of the tree without leaves. */
export const EMPTY_ROOT: Buffer = sha256('');

const LEAF = Buffer.of(0);

/** Returns the hash of a leaf: of a zero byte and its data; a text stands for its UTF-8. */
export function leafHash(data: Uint8Array | string): Buffer {
  return sha256(typeof data === 'string' ? `\0${data}` : Buffer.concat([LEAF, data]));
}

// One buffer for all: hashing is synchronous.
const pair = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

/** Returns the hash of an inner node: of a one byte and the hashes of its children. Throws for other lengths. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) throw new RangeError('a hash has 32 bytes');
  pair.set(left, 1);
  pair.set(right, 1 + HASH_BYTES);
  return sha256(pair);
}

/** All that a log has to keep in order to grow: the roots of the perfect subtrees of its size, from the largest on. */
export interface Frontier {
  size: number;
  hashes: Buffer[];
}

/** Returns the frontier that `frontierBytes` wrote. Throws when the bytes are not those of a log of this size. */
export function frontierOf(size: number, bytes: Uint8Array): Frontier {
  requireSize(size, 'the size');
  const count = perfectTreesIn(size);
  if (bytes.length !== count * HASH_BYTES)
    throw new RangeError(
      `the frontier of ${size} leaves has ${count * HASH_BYTES} bytes, and these are ${bytes.length}`,
    );
  const copy = Buffer.from(bytes);
  const hashAt = (n: number) => copy.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES);
  return { size, hashes: Array.from({ length: count }, (_, n) => hashAt(n)) };
}

export function frontierBytes({ hashes }: Frontier): Buffer {
  return Buffer.concat(hashes);
}

/**
 * Adds the hash of a leaf to the frontier, which is changed and returned. `onNode` is told of each perfect subtree that
 * is complete now, from level 1 (of two leaves) upwards.
 */
export function append(
  frontier: Frontier,
  leaf: Buffer,
  onNode?: (level: number, index: number, hash: Buffer) => void,
): Frontier {
  if (leaf.length !== HASH_BYTES) throw new RangeError('a hash has 32 bytes');
  requireSize(frontier.size + 1, 'the size');
  let root = leaf;
  let level = 0;
  for (let index = frontier.size; isOdd(index); ) {
    const left = frontier.hashes.pop();
    if (left === undefined) throw new RangeError('the frontier has too few hashes for its size');
    root = nodeHash(left, root);
    index = half(index);
    level += 1;
    onNode?.(level, index, root);
  }
  frontier.hashes.push(root);
  frontier.size += 1;
  return frontier;
}

/** Returns the root of the whole log. */
export function rootOf({ hashes }: Frontier): Buffer {
  return hashes.length === 0 ? EMPTY_ROOT : foldRight(hashes);
}

/** Returns the hash of neighbouring perfect subtrees, of which each is smaller than the one to its left. */
export function foldRight(hashes: readonly Buffer[]): Buffer {
  return hashes.reduceRight((right, left) => nodeHash(left, right));
}
