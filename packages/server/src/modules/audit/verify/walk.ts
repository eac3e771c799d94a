/** Walks a log from its first leaf to its last, and compares leaves, tiles and roots with each other. */
import { setImmediate } from 'node:timers/promises';
import { auditVerifying, type Db } from '@tenant-registry/db';
import { frontierOf, HASH_BYTES, rootOf } from '../tree/merkle.ts';
import { TILE_WIDTH } from '../tree/tiles.ts';
import type { Report } from './finding.ts';
import type { Mark, Marks } from './marks.ts';
import type { Roots } from './roots.ts';
import { asBuffer } from './rows.ts';
import { type Known, rootOfHashes, truthOf } from './tile.ts';
import { type BuiltTile, Tower } from './tower.ts';

/** Eight tiles: a divisor of what one tile of the level above covers. */
const BATCH = 2_048;
const STRAYS_MAX = 100;
const NOTHING = Buffer.alloc(HASH_BYTES);

/** A leaf in its place. */
export interface Seen<Leaf> {
  readonly index: number;
  /** Null: it has gone. */
  readonly leaf: Leaf | null;
  /** The hash that the log has here; null: nobody can tell. */
  readonly truth: Buffer | null;
  /** When the last checkpoint before this leaf was written; null: there is none. */
  readonly checkedAt: string | null;
}

/** What the leaves of a log are made of. */
export interface Source<Raw extends { readonly index: number }, Leaf extends Known> {
  read(indexes: auditVerifying.Indexes): Promise<Raw[]>;
  hashed(raw: Raw): Leaf;
  judge(seen: Seen<Leaf>): void;
}

export interface Walked {
  readonly db: Db;
  readonly log: string;
  readonly stored: auditVerifying.StoredLog;
  readonly marks: Marks;
  readonly roots: Roots;
  readonly report: Report;
  readonly progress: (leaves: number) => void;
}

/** Returns how many leaves a log has. What it says of itself counts, unless that is far from what is stored: nobody would live to see the end. */
export function sizeOf({ size, last_index, leaves, tiles }: auditVerifying.StoredLog): number {
  const inTiles = tiles * TILE_WIDTH;
  const most = leaves + inTiles + TILE_WIDTH;
  const reached = Math.max(last_index === null ? 0 : last_index + 1, inTiles);
  if (size !== null && size <= most) return size;
  return Math.min(reached, most);
}

interface Batch<Raw> {
  readonly raws: ReadonlyMap<number, Raw>;
  readonly tiles: ReadonlyMap<number, Buffer>;
  /** The tile of the level above that has the roots of these tiles. */
  readonly above: Buffer | null;
  readonly marks: readonly Mark[];
}

export async function walk<Raw extends { readonly index: number }, Leaf extends Known>(
  walked: Walked,
  source: Source<Raw, Leaf>,
): Promise<void> {
  const walker = new Walker(walked, source);
  const size = sizeOf(walked.stored);
  let next = walker.fetch(0);
  for (let from = 0; from < size; from += BATCH) {
    const batch = await next;
    if (from + BATCH < size) {
      next = walker.fetch(from + BATCH);
      next.catch(() => {}); // it is awaited in the next round
      await setImmediate(); // now the statement is on its way, and the database works while this thread hashes
    }
    walker.take(from, batch);
    walked.progress(Math.min(BATCH, size - from));
  }
  await next;
  await walker.finish();
}

class Walker<Raw extends { readonly index: number }, Leaf extends Known> {
  readonly #walked: Walked;
  readonly #source: Source<Raw, Leaf>;
  readonly #size: number;
  readonly #tower = new Tower();
  /** Of leaves that fill no tile. */
  #tail: readonly Buffer[] = [];
  /** Whether some hashes are nowhere, so that no root behind them can be computed. */
  #isBroken = false;
  /** Whether every root so far was right. */
  #isSound = true;
  #checkedAt: string | null = null;
  #rooted: { readonly of: readonly Buffer[]; readonly roots: Map<number, Buffer> } = { of: [], roots: new Map() };

  constructor(walked: Walked, source: Source<Raw, Leaf>) {
    this.#walked = walked;
    this.#source = source;
    this.#size = sizeOf(walked.stored);
  }

  async fetch(from: number): Promise<Batch<Raw>> {
    const { db, log, marks } = this.#walked;
    const to = Math.min(from + BATCH, this.#size);
    if (to <= from) return { raws: new Map(), tiles: new Map(), above: null, marks: [] };
    await this.#compare(this.#tower.take(false));
    const raws = await this.#source.read({ from, to });
    const numbers = { from: from / TILE_WIDTH, to: Math.floor(to / TILE_WIDTH) };
    const tiles = await auditVerifying.listTilesBetween(db, log, 0, numbers);
    const over = Math.floor(numbers.from / TILE_WIDTH);
    const [above] = await auditVerifying.listTilesBetween(db, log, 1, { from: over, to: over + 1 });
    return {
      raws: this.#byIndex(raws),
      tiles: new Map(tiles.map(({ tile, hashes }) => [tile, asBuffer(hashes)])),
      above: above === undefined ? null : asBuffer(above.hashes),
      marks: await marks.upTo(to),
    };
  }

  /** Two of one index are there when a constraint is not. */
  #byIndex(raws: readonly Raw[]): ReadonlyMap<number, Raw> {
    const { log, report } = this.#walked;
    const found = new Map<number, Raw>();
    for (const raw of raws) {
      const { index } = raw;
      if (found.has(index))
        report({
          kind: 'leaf',
          severity: 'finding',
          log,
          index,
          text: 'the leaf, or its row, is there more than once',
        });
      found.set(index, raw);
    }
    return found;
  }

  take(from: number, { raws, tiles, above, marks }: Batch<Raw>): void {
    const to = Math.min(from + BATCH, this.#size);
    for (let first = from; first < to; first += TILE_WIDTH) {
      const end = Math.min(first + TILE_WIDTH, to);
      const leaves = Array.from({ length: end - first }, (_, place) => {
        const raw = raws.get(first + place);
        return raw === undefined ? null : this.#source.hashed(raw);
      });
      const tile = first / TILE_WIDTH;
      this.#takeTile(leaves, {
        first,
        tile: tiles.get(tile) ?? null,
        root: rootIn(above, tile % TILE_WIDTH),
        marks: marks.filter(({ size }) => size > first && size <= end),
      });
    }
  }

  async finish(): Promise<void> {
    const { db, log, stored, marks, roots, report } = this.#walked;
    await this.#compare(this.#tower.take(true));
    const strays = await auditVerifying.listStrayTiles(db, log, { tiles: this.#tower.counts(), limit: STRAYS_MAX });
    for (const { level, tile } of strays)
      report({ kind: 'tile', severity: 'finding', log, level, tile, text: 'a log of this size has no such tile' });
    if (stored.last_index !== null && stored.last_index >= this.#size)
      report({
        kind: 'leaf',
        severity: 'finding',
        log,
        index: stored.last_index,
        text: `leaves stand behind the end of the log, which has ${this.#size}`,
      });
    if (stored.frontier !== null && !this.#isBroken && !this.#tower.frontierWith(this.#tail).equals(stored.frontier))
      report({
        kind: 'log',
        severity: 'finding',
        log,
        size: this.#size,
        in: ['frontier'],
        text: 'the end of the log, as it is stored, does not follow from the leaves',
      });
    this.#reportCut(await marks.upTo(Number.MAX_SAFE_INTEGER));
    this.#reportUnstored();
    roots.finish();
  }

  /** What lies behind the end of the log is reported as that. */
  #reportUnstored(): void {
    const { log, marks, report } = this.#walked;
    const [first, ...more] = marks.unstored.filter(({ size }) => size <= this.#size);
    if (first === undefined) return;
    const { size, place } = first;
    const rest = more.length === 0 ? '' : `, nor are ${more.length} more`;
    const text = `the checkpoint that went outside (${place}) is not here any more${rest}`;
    report({ kind: 'checkpoint', severity: 'finding', log, size, text });
  }

  #reportCut(marks: readonly Mark[]): void {
    const { log, report } = this.#walked;
    const last = marks.at(-1);
    if (last === undefined) return;
    const whose = last.of === 'anchor' ? `what went outside (${last.place})` : 'a checkpoint';
    report({
      kind: 'cut',
      severity: 'finding',
      log,
      size: last.size,
      text: `${whose} is of ${last.size} leaves, and the log has ${this.#size}`,
    });
  }

  #takeTile(
    leaves: readonly (Leaf | null)[],
    { first, tile, root, marks }: { first: number; tile: Buffer | null; root: Buffer | null; marks: readonly Mark[] },
  ): void {
    const isFull = leaves.length === TILE_WIDTH;
    const references = this.#references(isFull, { first, root, marks });
    const truth = this.#truth(leaves, isFull ? tile : null, references);
    if (isFull) this.#judgeTile(first / TILE_WIDTH, tile, truth);
    this.#judgeLeaves(leaves, { first, truth, marks });
    if (truth === null && (!isFull || root === null)) this.#isBroken = true;
    for (const mark of marks) this.#judgeMark(mark, truth, mark.size - first);
    if (!isFull) this.#tail = truth ?? [];
    else this.#tower.addTile(truth === null ? (root ?? NOTHING) : rootOfHashes(truth));
  }

  #judgeMark(mark: Mark, hashes: readonly Buffer[] | null, count: number): void {
    const actual = hashes === null || this.#isBroken ? null : this.#rootOfFirst(hashes, count);
    if (actual?.equals(mark.root) !== true) this.#isSound = false;
    this.#walked.roots.judge(mark, actual);
  }

  /** The root of the log with so many of these hashes at its end. It is asked for twice: to compare, and to report. */
  #rootOfFirst(hashes: readonly Buffer[], count: number): Buffer {
    if (this.#rooted.of !== hashes) this.#rooted = { of: hashes, roots: new Map() };
    const { roots } = this.#rooted;
    const root = roots.get(count) ?? this.#tower.rootWith(hashes.slice(0, count));
    roots.set(count, root);
    return root;
  }

  #judgeLeaves(
    leaves: readonly (Leaf | null)[],
    { first, truth, marks }: { first: number; truth: readonly Buffer[] | null; marks: readonly Mark[] },
  ): void {
    const checkpoints = marks.filter((mark) => mark.of === 'checkpoint');
    let passed = 0;
    leaves.forEach((leaf, place) => {
      while ((checkpoints[passed]?.size ?? Number.MAX_SAFE_INTEGER) <= first + place)
        this.#checkedAt = checkpoints[passed++]?.created_at ?? null;
      this.#source.judge({ index: first + place, leaf, truth: truth?.[place] ?? null, checkedAt: this.#checkedAt });
    });
    this.#checkedAt = checkpoints.at(-1)?.created_at ?? this.#checkedAt;
  }

  #judgeTile(tile: number, stored: Buffer | null, truth: readonly Buffer[] | null): void {
    const { log, report } = this.#walked;
    const where = { kind: 'tile', severity: 'finding', log, level: 0, tile } as const;
    if (stored === null) report({ ...where, text: 'the tile has gone' });
    else if (truth !== null && !stored.equals(Buffer.concat(truth))) report({ ...where, text: 'the tile was changed' });
  }

  /** What the hashes of this tile can be compared with. */
  #references(
    isFull: boolean,
    { first, root, marks }: { first: number; root: Buffer | null; marks: readonly Mark[] },
  ): ((hashes: readonly Buffer[]) => boolean)[] {
    const references = this.#isBroken
      ? []
      : marks.map(
          (mark) => (hashes: readonly Buffer[]) => this.#rootOfFirst(hashes, mark.size - first).equals(mark.root),
        );
    if (isFull && root !== null) return [...references, (hashes) => rootOfHashes(hashes).equals(root)];
    const end = isFull || this.#isBroken ? null : this.#storedRoot();
    return end === null ? references : [...references, (hashes) => this.#tower.rootWith(hashes).equals(end)];
  }

  /** The root of the whole log, by what is stored of its end. */
  #storedRoot(): Buffer | null {
    const { frontier } = this.#walked.stored;
    try {
      return frontier === null ? null : rootOf(frontierOf(this.#size, frontier));
    } catch {
      return null; // it is not of this size, which is reported at the end
    }
  }

  #truth(
    leaves: readonly (Leaf | null)[],
    tile: Buffer | null,
    references: readonly ((hashes: readonly Buffer[]) => boolean)[],
  ): readonly Buffer[] | null {
    const agreeing = (hashes: readonly Buffer[]) => references.filter((agrees) => agrees(hashes)).length;
    const plain = undisputed(leaves, tile);
    if (plain !== null && (!this.#isSound || agreeing(plain) === references.length)) return plain;
    return truthOf({
      leaves: leaves.map((leaf) => leaf ?? { stored: null, computed: null }),
      tile: tile === null ? null : hashesOf(tile),
      agreeing,
      references: references.length,
      ...this.#total(leaves.length),
    });
  }

  /** By which root leaves that stand in a wrong order can be put right. */
  #total(count: number): { total: ((root: Buffer) => boolean) | null } {
    const end = count === TILE_WIDTH || !this.#isSound || this.#isBroken ? null : this.#storedRoot();
    return { total: end === null ? null : (root) => this.#tower.rootAbove(root).equals(end) };
  }

  async #compare(built: readonly BuiltTile[]): Promise<void> {
    const { db, log, report } = this.#walked;
    for (const { level, tile, hashes } of built) {
      const [stored] = await auditVerifying.listTilesBetween(db, log, level, { from: tile, to: tile + 1 });
      const where = { kind: 'tile', severity: 'finding', log, level, tile } as const;
      if (stored === undefined) report({ ...where, text: 'the tile has gone' });
      else if (!this.#isBroken && !hashes.equals(stored.hashes)) report({ ...where, text: 'the tile was changed' });
    }
  }
}

/** Returns the hashes of leaves, where what is stored of them, their rows and their tile agree; else null. */
function undisputed(leaves: readonly (Known | null)[], tile: Buffer | null): readonly Buffer[] | null {
  const hashes: Buffer[] = [];
  for (const leaf of leaves) {
    if (leaf?.stored == null || leaf.computed?.equals(leaf.stored) === false) return null;
    hashes.push(leaf.stored);
  }
  return tile === null || tile.equals(Buffer.concat(hashes)) ? hashes : null;
}

function hashesOf(tile: Buffer): readonly Buffer[] | null {
  if (tile.length !== TILE_WIDTH * HASH_BYTES) return null;
  return Array.from({ length: TILE_WIDTH }, (_, place) => tile.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES));
}

function rootIn(above: Buffer | null, place: number): Buffer | null {
  const root = above?.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES);
  return root?.length === HASH_BYTES ? root : null;
}
