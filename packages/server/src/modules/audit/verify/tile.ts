/** Decides which hashes a tile's worth of leaves had, where what is stored of them disagrees. Without I/O. */
import { nodeHash } from '../tree/merkle.ts';

/** What is known of one leaf; null: nothing. */
export interface Known {
  /** What stands in audit_leaves. */
  readonly stored: Buffer | null;
  /** What follows from the row. */
  readonly computed: Buffer | null;
}

export interface Evidence {
  readonly leaves: readonly Known[];
  /** What stands in audit_tiles; null: it has no full tile. */
  readonly tile: readonly Buffer[] | null;
  /** How many of the references (roots that are stored or signed) agree with these hashes. */
  readonly agreeing: (hashes: readonly Buffer[]) => number;
  readonly references: number;
  /** The root of all leaves here by the last of the references; null: the leaves before these are in doubt. */
  readonly total: ((root: Buffer) => boolean) | null;
}

/** Returns the hashes with which most references agree, what stands in audit_leaves first; null: some are nowhere. */
export function truthOf(evidence: Evidence): readonly Buffer[] | null {
  const { leaves, tile, agreeing, references } = evidence;
  const stored = complete(leaves.map((leaf, place) => leaf.stored ?? tile?.[place] ?? leaf.computed));
  const computed = complete(leaves.map((leaf, place) => leaf.computed ?? leaf.stored ?? tile?.[place] ?? null));
  const candidates = [stored, tile, computed].filter((hashes) => hashes !== null);
  const [first, ...others] = candidates;
  if (first === undefined) return null;
  let best = { hashes: first, agrees: agreeing(first) };
  for (const hashes of others) {
    if (best.agrees === references) break;
    if (same(hashes, best.hashes)) continue;
    const agrees = agreeing(hashes);
    if (agrees > best.agrees) best = { hashes, agrees };
  }
  return best.agrees < references && evidence.total !== null
    ? (reordered(first, evidence.total) ?? best.hashes)
    : best.hashes;
}

function complete(hashes: readonly (Buffer | null)[]): readonly Buffer[] | null {
  return hashes.every((hash) => hash !== null) ? hashes : null;
}

function same(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  return a.every((hash, place) => hash.equals(b[place] as Buffer));
}

/** Returns the root of a tree of these leaves. */
export function rootOfHashes(hashes: readonly Buffer[]): Buffer {
  return levelsOf(hashes).at(-1)?.[0] as Buffer;
}

/** A node without a neighbour stands in the level above it as it is. */
function levelsOf(hashes: readonly Buffer[]): Buffer[][] {
  const levels = [[...hashes]];
  for (let below = levels[0] ?? []; below.length > 1; ) {
    const above: Buffer[] = [];
    for (let place = 0; place < below.length; place += 2) above.push(parentOf(below, place));
    levels.push(above);
    below = above;
  }
  return levels;
}

function parentOf(below: readonly Buffer[], place: number): Buffer {
  const [left, right] = [below[place] as Buffer, below[place + 1]];
  return right === undefined ? left : nodeHash(left, right);
}

/** Returns the leaves with two of them exchanged, where that makes the root right. Each try costs two paths, not a tree. */
function reordered(hashes: readonly Buffer[], total: (root: Buffer) => boolean): readonly Buffer[] | null {
  const levels = levelsOf(hashes);
  for (let i = 0; i < hashes.length; i++)
    for (let j = i + 1; j < hashes.length; j++) {
      exchange(levels, i, j);
      if (total(levels.at(-1)?.[0] as Buffer)) return levels[0] as Buffer[];
      exchange(levels, i, j);
    }
  return null;
}

function exchange(levels: readonly Buffer[][], i: number, j: number): void {
  const leaves = levels[0] as Buffer[];
  [leaves[i], leaves[j]] = [leaves[j] as Buffer, leaves[i] as Buffer];
  let places = [i, j];
  for (let level = 1; level < levels.length; level++) {
    places = [...new Set(places.map((place) => place >> 1))];
    const [above, below] = [levels[level] as Buffer[], levels[level - 1] as Buffer[]];
    for (const place of places) above[place] = parentOf(below, place * 2);
  }
}
