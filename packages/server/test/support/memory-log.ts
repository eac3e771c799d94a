/** A Merkle log whose tiles lie in memory: what the registry keeps in tables. */
import { append, EMPTY_ROOT, frontierOf, leafHash, rootOf } from '../../src/modules/audit/tree/merkle.ts';
import type { HashReader } from '../../src/modules/audit/tree/proof.ts';
import { combine, TILE_HEIGHT, TILE_WIDTH, tileOf } from '../../src/modules/audit/tree/tiles.ts';

export interface MemoryLog {
  /** The root of every size up to now. */
  readonly roots: readonly Buffer[];
  /** Reads the hashes from tiles alone, each once. */
  readonly reader: HashReader;
  readonly leaves: readonly Buffer[];
}

/** Makes the log of these leaves. */
export function memoryLog(data: readonly (string | Uint8Array)[]): MemoryLog {
  const frontier = frontierOf(0, Buffer.alloc(0));
  const leaves = data.map(leafHash);
  const levels: Buffer[][] = [leaves];
  const roots = [EMPTY_ROOT];
  for (const leaf of leaves) {
    append(frontier, leaf, (level, index, hash) => {
      if (level % TILE_HEIGHT !== 0) return;
      const hashes = levels[level / TILE_HEIGHT] ?? [];
      levels[level / TILE_HEIGHT] = hashes;
      if (hashes.push(hash) !== index + 1) throw new Error('nodes are not told of in order');
    });
    roots.push(rootOf(frontier));
  }
  const tiles = levels.map(tilesOf);
  const read = new Map<string, Buffer>();
  return {
    roots,
    leaves,
    reader: {
      async perfect(level, index) {
        const { tileLevel, tile, begin, end } = tileOf(level, index);
        const key = `${level}/${index}`;
        const hash = read.get(key) ?? combine(tiles[tileLevel]?.[tile] ?? Buffer.alloc(0), begin, end);
        read.set(key, hash);
        return hash;
      },
    },
  };
}

function tilesOf(hashes: readonly Buffer[]): Buffer[] {
  const count = Math.ceil(hashes.length / TILE_WIDTH);
  return Array.from({ length: count }, (_, n) => Buffer.concat(hashes.slice(n * TILE_WIDTH, (n + 1) * TILE_WIDTH)));
}
