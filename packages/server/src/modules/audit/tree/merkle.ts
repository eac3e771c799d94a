/** Hashes of a Merkle tree (RFC 9162, section 2.1), and a tree that only grows. */
import { hash } from 'node:crypto';

export const HASH_BYTES = 32;
const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

/** The root of a tree without leaves. */
export const EMPTY_ROOT = hash('sha256', '', 'buffer');

/** Returns the hash of a leaf with this content. */
export function leafHash(data: Uint8Array | string): Buffer {
  return hash('sha256', Buffer.concat([LEAF, typeof data === 'string' ? Buffer.from(data) : data]), 'buffer');
}

/** Returns the hash of the node above two others. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([NODE, left, right]), 'buffer');
}

/** The right edge of a tree: the roots of its perfect subtrees, from the largest to the smallest. */
export interface Frontier {
  readonly size: number;
  readonly hashes: readonly Buffer[];
}

/** Returns the frontier that `frontierBytes` wrote. Throws when there are not as many hashes as a tree of that size has. */
export function frontierOf(size: number, bytes: Uint8Array): Frontier {
  if (bytes.length !== onesIn(size) * HASH_BYTES) throw new Error(`a tree of ${size} leaves has another frontier`);
  const all = Buffer.from(bytes);
  const hashes = Array.from({ length: onesIn(size) }, (_, place) =>
    all.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES),
  );
  return { size, hashes };
}

/** Returns the hashes of the frontier, one after the other. */
export function frontierBytes({ hashes }: Frontier): Buffer {
  return Buffer.concat(hashes);
}

/** Told of each perfect subtree that a leaf completes: its level, 1 or more, its place among those of the level, and its root. */
type OnNode = (level: number, index: number, hash: Buffer) => void;

/** Returns the frontier with one leaf more. */
export function append({ size, hashes }: Frontier, leaf: Buffer, onNode?: OnNode): Frontier {
  const grown = [...hashes];
  let top = leaf;
  // Each trailing one of the size is a subtree as large as the one that has just been completed.
  for (let rest = size, level = 1; rest % 2 === 1; rest = (rest - 1) / 2, level += 1) {
    const left = grown.pop();
    if (left === undefined) throw new Error('a frontier has a hash for each one of its size');
    top = nodeHash(left, top);
    onNode?.(level, (rest - 1) / 2, top);
  }
  grown.push(top);
  return { size: size + 1, hashes: grown };
}

/** Returns the root of the tree. */
export function rootOf({ hashes }: Frontier): Buffer {
  if (hashes.length === 0) return EMPTY_ROOT;
  return hashes.reduceRight((right, left) => nodeHash(left, right));
}

function onesIn(size: number): number {
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`${size} is no size of a tree`);
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
