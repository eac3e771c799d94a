/**
 * Where the hashes of a log lie: in tiles of 256, as in C2SP tlog-tiles. Tiles of level T have the roots of the perfect
 * subtrees of level 8T; what lies between is combined from them.
 */
import { HASH_BYTES, nodeHash } from './merkle.ts';
import { isPowerOfTwo } from './sizes.ts';

export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 2 ** TILE_HEIGHT;

/** A run of a tile's hashes, from `begin` to before `end`. */
export interface TilePlace {
  readonly tileLevel: number;
  readonly tile: number;
  readonly begin: number;
  readonly end: number;
}

/** Returns which hashes of which tile give the root of a perfect subtree; `combine` makes it of them. */
export function tileOf(level: number, index: number): TilePlace {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const count = 2 ** (level % TILE_HEIGHT);
  const first = index * count;
  const begin = first % TILE_WIDTH;
  return { tileLevel, tile: Math.floor(first / TILE_WIDTH), begin, end: begin + count };
}

/** Returns the root above a run of a tile's hashes. Throws when the tile has not all of them, or they have no root. */
export function combine(hashes: Uint8Array, begin: number, end: number): Buffer {
  const count = end - begin;
  if (!isPowerOfTwo(count) || begin % count !== 0) throw new RangeError(`no node is above hashes ${begin} to ${end}`);
  if (begin < 0 || end * HASH_BYTES > hashes.length)
    throw new RangeError(`the tile has ${hashes.length} bytes, too few for its hash ${end - 1}`);
  let level: Buffer[] = Array.from({ length: count }, (_, n) =>
    Buffer.from(hashes.subarray((begin + n) * HASH_BYTES, (begin + n + 1) * HASH_BYTES)),
  );
  while (level.length > 1) level = parentsOf(level);
  return level[0] as Buffer;
}

function parentsOf(level: readonly Buffer[]): Buffer[] {
  return Array.from({ length: level.length / 2 }, (_, n) =>
    nodeHash(level[2 * n] as Buffer, level[2 * n + 1] as Buffer),
  );
}
