// engine: none
/** What a batch writes, beyond the first tile of the second level: a log of 66,000 leaves, in batches as the sealer makes them. */
import { auditSealing } from '@tenant-registry/db';
import { expect, test } from 'vitest';
import { frontierOf, leafHash, rootOf } from '../tree/merkle.ts';
import {
  consistencyPath,
  type HashReader,
  inclusionPath,
  rootAt,
  verifyConsistency,
  verifyInclusion,
} from '../tree/proof.ts';
import { combine, tileOf } from '../tree/tiles.ts';
import { Growth } from './leaves.ts';

const { REGISTRY_LOG } = auditSealing;
const SIZE = 66_000;
const BATCH = 2_000;
const textOf = (index: number) => `leaf ${index}`;

/** The rows that the database would have, by the words of the statements that write them. */
function written() {
  const leaves: string[] = [];
  const tiles = new Map<string, string>();
  let log = {
    tenant_id: REGISTRY_LOG,
    size: 0,
    frontier: Buffer.alloc(0),
    checked_size: 0,
    prune_at: null,
    prune_from: 0,
  };
  while (log.size < SIZE) {
    const growth = new Growth([log]);
    const last = Array.from({ length: BATCH }, (_, n) => growth.addText(REGISTRY_LOG, textOf(log.size + n))).at(-1);
    expect(last).toBe(log.size + BATCH - 1);
    const sealed = growth.sealed();
    leaves.push(...sealed.leaves.map(({ hash }) => hash));
    for (const { tile } of sealed.full) tiles.set(`0/${tile}`, leaves.slice(tile * 256, (tile + 1) * 256).join(''));
    for (const { level, tile, hash } of sealed.nodes)
      tiles.set(`${level}/${tile}`, (tiles.get(`${level}/${tile}`) ?? '') + hash);
    const [grown] = sealed.logs;
    log = { ...log, size: grown?.size ?? 0, frontier: Buffer.from(grown?.frontier ?? '', 'hex') };
  }
  return { log, leaves, tiles };
}

test('tiles of all levels prove leaves and beginnings around 65,536', async () => {
  const { log, leaves, tiles } = written();
  const levels = [...tiles.keys()].map((key) => key.split('/')[0]);
  const tilesOf = (level: string) => levels.filter((each) => each === level).length;
  expect([log.size, tilesOf('0'), tilesOf('1'), tilesOf('2'), tilesOf('3')]).toEqual([SIZE, 257, 2, 1, 0]);
  const hashes: HashReader = {
    async perfect(level, index) {
      const { tileLevel, tile, begin, end } = tileOf(level, index);
      const partial = tileLevel === 0 ? leaves.slice(tile * 256, (tile + 1) * 256).join('') : '';
      return combine(Buffer.from(tiles.get(`${tileLevel}/${tile}`) ?? partial, 'hex'), begin, end);
    },
  };
  const root = rootOf(frontierOf(log.size, log.frontier));
  expect(await rootAt(SIZE, hashes)).toEqual(root);
  const sizes = [1, 255, 256, 257, 65_535, 65_536, 65_537, 65_791, 65_792, SIZE];
  for (const [n, first] of sizes.entries()) {
    const firstRoot = await rootAt(first, hashes);
    for (const second of sizes.slice(n)) {
      const path = await consistencyPath(first, second, hashes);
      const secondRoot = await rootAt(second, hashes);
      expect(verifyConsistency({ first, second, firstRoot, secondRoot, path })).toBe(true);
    }
    for (const index of [0, 255, 256, 65_535, 65_536, first - 1].filter((each) => each < first)) {
      const path = await inclusionPath(index, first, hashes);
      expect(verifyInclusion({ index, size: first, leaf: leafHash(textOf(index)), path, root: firstRoot })).toBe(true);
    }
  }
});
