/** What stands above the tiles of leaves: the ends of the tree, and the tiles of its higher levels. Without I/O. */
import { append, type Frontier, foldRight, frontierBytes, frontierOf } from '../tree/merkle.ts';
import { TILE_HEIGHT, TILE_WIDTH } from '../tree/tiles.ts';
import { rootOfHashes } from './tile.ts';

export interface BuiltTile {
  readonly level: number;
  readonly tile: number;
  readonly hashes: Buffer;
}

/** Grows by tiles of leaves. */
export class Tower {
  /** Of the tree whose leaves are the roots of tiles. */
  readonly #frontier: Frontier = frontierOf(0, Buffer.alloc(0));
  /** Of each level of tiles from the first above the leaves: how many tiles are full, and the hashes of the next. */
  readonly #open: { full: number; hashes: Buffer[] }[] = [];
  readonly #built: BuiltTile[] = [];

  /** The number of tiles of leaves. */
  get tiles(): number {
    return this.#frontier.size;
  }

  addTile(root: Buffer): void {
    this.#note(1, root);
    append(this.#frontier, root, (level, _place, node) => {
      if (level % TILE_HEIGHT === 0) this.#note(1 + level / TILE_HEIGHT, node);
    });
  }

  /** Returns the root of the tree with some leaves behind its tiles; there is one leaf or one tile at least. */
  rootWith(leaves: readonly Buffer[]): Buffer {
    return this.rootAbove(leaves.length === 0 ? null : rootOfHashes(leaves));
  }

  /** Returns the root of the tree with a smaller tree of this root behind its tiles. */
  rootAbove(tail: Buffer | null): Buffer {
    return foldRight(tail === null ? this.#frontier.hashes : [...this.#frontier.hashes, tail]);
  }

  /** Returns the hashes of the perfect subtrees of the tree with some leaves behind its tiles. */
  frontierWith(leaves: readonly Buffer[]): Buffer {
    const tail = frontierOf(0, Buffer.alloc(0));
    for (const leaf of leaves) append(tail, leaf);
    return Buffer.concat([frontierBytes(this.#frontier), frontierBytes(tail)]);
  }

  /** Returns the tiles that have become full since the last call; at the end of the log also those that have not. */
  take(atEnd: boolean): BuiltTile[] {
    if (atEnd)
      this.#open.forEach(({ full, hashes }, at) => {
        if (hashes.length > 0) this.#built.push({ level: at + 1, tile: full, hashes: Buffer.concat(hashes) });
      });
    return this.#built.splice(0);
  }

  /** Returns how many tiles each level has, from that of the leaves on. */
  counts(): number[] {
    return [this.tiles, ...this.#open.map(({ full, hashes }) => full + (hashes.length > 0 ? 1 : 0))];
  }

  #note(level: number, hash: Buffer): void {
    this.#open[level - 1] ??= { full: 0, hashes: [] };
    const open = this.#open[level - 1] as { full: number; hashes: Buffer[] };
    open.hashes.push(hash);
    if (open.hashes.length < TILE_WIDTH) return;
    this.#built.push({ level, tile: open.full, hashes: Buffer.concat(open.hashes) });
    this.#open[level - 1] = { full: open.full + 1, hashes: [] };
  }
}
