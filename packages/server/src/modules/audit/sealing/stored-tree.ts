/** The trees of logs as they are stored: their proofs, and whether they continue what was signed of them. */
import { auditProofs, type auditSealing, type Db } from '@tenant-registry/db';
import { frontierOf, rootOf } from '../tree/merkle.ts';
import {
  consistencyNodes,
  consistencyPath,
  type HashReader,
  inclusionNodes,
  inclusionPath,
  type PerfectNode,
  perfectNodesOf,
  rootAt,
  rootNodes,
  verifyConsistency,
} from '../tree/proof.ts';
import { combine, tileOf } from '../tree/tiles.ts';

/** Returns the audit path of a leaf (RFC 9162, 2.1.3). Throws when a hash is not stored. */
export async function inclusionOf(
  db: Db,
  log: string,
  { index, size }: { readonly index: number; readonly size: number },
): Promise<Buffer[]> {
  const nodes = perfectNodesOf(inclusionNodes(index, size));
  const hashesOf = await readHashes(db, [{ log, nodes }]);
  return inclusionPath(index, size, hashesOf(log));
}

/** Returns the proof that the log of the first size is the beginning of the second (RFC 9162, 2.1.4). Throws when a hash is not stored. */
export async function consistencyOf(
  db: Db,
  log: string,
  { first, second }: { readonly first: number; readonly second: number },
): Promise<Buffer[]> {
  const nodes = perfectNodesOf(consistencyNodes(first, second));
  const hashesOf = await readHashes(db, [{ log, nodes }]);
  return consistencyPath(first, second, hashesOf(log));
}

/** A log that may be signed. */
export interface Continued {
  readonly log: string;
  readonly size: number;
  readonly root: Buffer;
}

/** A log that may not. */
export interface NotContinued {
  readonly log: string;
  readonly size: number;
  /** Null: it has no checkpoint. */
  readonly signed_size: number | null;
  readonly reason: string;
}

/** Logs of which the hashes are read at once: one of some thousand rows takes 24 KB. */
const LOGS_AT_ONCE = 100;

type GrownLog = auditSealing.GrownSinceCheckpoint;

/**
 * Tells the logs whose stored tree has the root of their end, and begins with what was signed of them, from the others. Of a
 * log that was signed the root of that size is recomputed from the stored hashes, and the consistency proof is verified.
 */
export async function listContinued(
  db: Db,
  logs: readonly GrownLog[],
): Promise<{ readonly continued: Continued[]; readonly refused: NotContinued[] }> {
  const [continued, refused]: [Continued[], NotContinued[]] = [[], []];
  for (let from = 0; from < logs.length; from += LOGS_AT_ONCE) {
    const some = logs.slice(from, from + LOGS_AT_ONCE);
    const hashesOf = await readHashes(
      db,
      some.map((each) => ({ log: each.tenant_id, nodes: nodesThatProve(each) })),
    );
    for (const each of some) {
      const { tenant_id: log, size, signed_size } = each;
      const outcome = await attempt(() => continuedBy(each, hashesOf(log)));
      if (typeof outcome === 'string') refused.push({ log, size, signed_size, reason: outcome });
      else continued.push({ log, size, root: outcome });
    }
  }
  return { continued, refused };
}

function nodesThatProve({ size, signed_size }: GrownLog): PerfectNode[] {
  const roots = rootNodes(size);
  if (signed_size === null || signed_size > size) return perfectNodesOf(roots);
  return perfectNodesOf([...roots, ...rootNodes(signed_size), ...consistencyNodes(signed_size, size)]);
}

/** Returns the root, or throws a sentence that says what does not fit. */
async function continuedBy(log: GrownLog, hashes: HashReader): Promise<Buffer> {
  const { size, checked_size, signed_size, signed_root } = log;
  const root = rootOf(frontierOf(size, log.frontier));
  if (!(await rootAt(size, hashes)).equals(root))
    throw new Mismatch('the stored hashes have another root than the end of the log');
  if ((signed_size ?? 0) !== checked_size)
    throw new Mismatch('the newest checkpoint is not the one that was made last');
  if (signed_size === null || signed_root === null) return root;
  if (signed_size > size) throw new Mismatch('the log is shorter than its newest checkpoint');
  if (!(await rootAt(signed_size, hashes)).equals(signed_root))
    throw new Mismatch('the stored hashes have another root at the size of the newest checkpoint');
  const path = await consistencyPath(signed_size, size, hashes);
  if (!verifyConsistency({ first: signed_size, second: size, firstRoot: signed_root, secondRoot: root, path }))
    throw new Mismatch('the log does not begin with what was signed of it');
  return root;
}

/** Says why a log is not signed. */
class Mismatch extends Error {}

/** What is stored can be of any form: the tree throws RangeErrors for what no log has. */
async function attempt(work: () => Promise<Buffer>): Promise<Buffer | string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Mismatch || error instanceof RangeError) return error.message;
    throw error;
  }
}

interface Needed {
  readonly log: string;
  readonly nodes: readonly PerfectNode[];
}

/** Reads the tiles that hold the nodes, by one statement. */
async function readHashes(db: Db, needed: readonly Needed[]): Promise<(log: string) => HashReader> {
  const places = new Map<string, auditProofs.TilePlace>();
  for (const { log, nodes } of needed)
    for (const { level, index } of nodes) {
      const { tileLevel, tile } = tileOf(level, index);
      const place = { log, level: tileLevel, tile };
      places.set(keyOf(place), place);
    }
  const read = places.size === 0 ? [] : await auditProofs.listTileHashes(db, [...places.values()]);
  const tiles = new Map(read.map((each) => [keyOf(each), each.hashes]));
  return (log) => ({
    async perfect(level, index) {
      const { tileLevel, tile, begin, end } = tileOf(level, index);
      const hashes = tiles.get(keyOf({ log, level: tileLevel, tile }));
      if (hashes === undefined) throw new RangeError(`tile ${tile} of level ${tileLevel} is not stored`);
      return combine(hashes, begin, end);
    },
  });
}

function keyOf({ log, level, tile }: auditProofs.TilePlace): string {
  return `${log}/${level}/${tile}`;
}
