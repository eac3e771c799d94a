/** Makes the leaves of rows, and what becomes of their logs and tiles: without I/O. */
import { randomBytes } from 'node:crypto';
import type { auditSealing } from '@tenant-registry/db';
import { entryOf, groupHash, SALT_BYTES, whatOf, whoOf } from '../tree/leaf.ts';
import { append, type Frontier, frontierBytes, frontierOf, leafHash } from '../tree/merkle.ts';
import { TILE_HEIGHT, tileOf } from '../tree/tiles.ts';

/** What grows in one batch. */
export class Growth {
  readonly #frontiers = new Map<string, Frontier>();
  readonly #leaves: auditSealing.NewLeaf[] = [];
  readonly #full: { tenant_id: string; tile: number }[] = [];
  readonly #nodes: auditSealing.NewNode[] = [];

  /** Begins with the logs as they are; others begin empty. */
  constructor(logs: readonly auditSealing.AuditLogRow[]) {
    for (const { tenant_id, size, frontier } of logs) this.#frontiers.set(tenant_id, frontierOf(size, frontier));
  }

  /** Appends the leaf of a row to a log, under new salts, and returns its index. */
  addRow(log: string, row: NonNullable<auditSealing.Unsealed['row']>): number {
    const salts = randomBytes(2 * SALT_BYTES);
    const [whoSalt, whatSalt] = [salts.subarray(0, SALT_BYTES), salts.subarray(SALT_BYTES)];
    const who = groupHash(whoSalt, whoOf(row));
    const what = groupHash(whatSalt, whatOf(row));
    const hash = leafHash(entryOf(row, { log, who: who.toString('hex'), what: what.toString('hex') }));
    return this.#add(log, hash, {
      event_id: row.id,
      who_hash: who.toString('hex'),
      what_hash: what.toString('hex'),
      who_salt: whoSalt.toString('hex'),
      what_salt: whatSalt.toString('hex'),
    });
  }

  /** Appends a leaf of the log of checkpoints, and returns its index. */
  addText(log: string, text: string): number {
    return this.#add(log, leafHash(text), {
      event_id: null,
      who_hash: null,
      what_hash: null,
      who_salt: null,
      what_salt: null,
    });
  }

  /** Returns the log as it is now. */
  frontier(log: string): Frontier {
    const known = this.#frontiers.get(log) ?? frontierOf(0, Buffer.alloc(0));
    this.#frontiers.set(log, known);
    return known;
  }

  /** Returns what has to be written. */
  sealed(): auditSealing.Sealed {
    const grown = new Set(this.#leaves.map(({ tenant_id }) => tenant_id));
    const logs = [...grown].map((tenant_id) => {
      const frontier = this.frontier(tenant_id);
      return { tenant_id, size: frontier.size, frontier: frontierBytes(frontier).toString('hex') };
    });
    return { leaves: this.#leaves, full: this.#full, nodes: this.#nodes, logs };
  }

  #add(log: string, hash: Buffer, leaf: Omit<auditSealing.NewLeaf, 'tenant_id' | 'index' | 'hash'>): number {
    const frontier = this.frontier(log);
    const index = frontier.size;
    append(frontier, hash, (level, place, node) => this.#noteNode(log, level, place, node));
    this.#leaves.push({ tenant_id: log, index, hash: hash.toString('hex'), ...leaf });
    return index;
  }

  /** The root of a full tile stands in the tile above it. */
  #noteNode(log: string, level: number, place: number, node: Buffer): void {
    if (level % TILE_HEIGHT !== 0) return;
    if (level === TILE_HEIGHT) this.#full.push({ tenant_id: log, tile: place });
    const { tileLevel, tile } = tileOf(level, place);
    this.#nodes.push({ tenant_id: log, level: tileLevel, tile, hash: node.toString('hex') });
  }
}
