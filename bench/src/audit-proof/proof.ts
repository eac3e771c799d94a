/**
 * Proofs out of a large log, over REST. All leaves and tiles are there, and the tree above them is the true one; rows are there
 * of the events that are asked about alone: what a proof reads of them is one row by its id.
 */
import { hash, randomInt } from 'node:crypto';
import { auditSealing } from '@tenant-registry/db';
import { Growth } from '../../../packages/server/src/modules/audit/sealing/leaves.ts';
import { leafHash } from '../../../packages/server/src/modules/audit/tree/merkle.ts';
import {
  openNote,
  parseCheckpoint,
  parseVerifier,
  signerOf,
} from '../../../packages/server/src/modules/audit/tree/note.ts';
import { verifyInclusion } from '../../../packages/server/src/modules/audit/tree/proof.ts';
import { TILE_WIDTH } from '../../../packages/server/src/modules/audit/tree/tiles.ts';
import { rootOfHashes } from '../../../packages/server/src/modules/audit/verify/tile.ts';
import { Tower } from '../../../packages/server/src/modules/audit/verify/tower.ts';
import { median, round } from '../lib/load.ts';
import type { Section } from './section.ts';
import { insertEvents, ORIGIN, openWorld, SEED, signAll, TENANT, timed, type World } from './world.ts';

const GOAL_MS = 5;
const WARM = 50;
const LEAVES_AT_ONCE = 500_000;
const TILES_AT_ONCE = 256;

export const measureProof: Section = async (surroundings) => {
  const { rows, proofs, progress } = surroundings;
  const world = await openWorld(surroundings, 'audit-proof');
  progress(`proof: a log of ${rows} leaves is made`);
  const known = await insertKnown(world, { rows, count: proofs });
  await insertOthers(world, { rows, progress });
  await insertTiles(world, { rows, known, progress });
  await signAll(world);
  await world.client.query('vacuum (analyze)');
  await world.client.query('checkpoint');
  const ids = [...known.values()].map(({ event_id }) => event_id ?? '');
  const address = await world.app.server.listen({ host: '127.0.0.1', port: 0 });
  const ask = askOf(world, address);
  progress(`proof: ${proofs} proofs, one after the other`);
  for (const id of ids.slice(0, WARM)) await ask(id);
  const times: number[] = [];
  for (const id of ids) {
    let answer: unknown;
    times.push(
      await timed(async () => {
        answer = await ask(id);
      }),
    );
    requireProof(answer as Answer, rows);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) =>
    round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN, 2);
  const of = `proof out of ${rows}`;
  return [
    { what: `${of}: p50`, value: round(median(times), 2), unit: 'ms' },
    { what: `${of}: p95`, value: at(0.95), unit: 'ms', goal: { most: GOAL_MS } },
    { what: `${of}: p99`, value: at(0.99), unit: 'ms' },
    { what: 'rows of audit_log beside them', value: proofs, unit: 'rows' },
  ];
};

type Known = ReadonlyMap<number, auditSealing.NewLeaf>;

/** Makes the events that are asked about, at indexes of chance, and their leaves. */
async function insertKnown(world: World, { rows, count }: { rows: number; count: number }): Promise<Known> {
  await insertEvents(world, count);
  const growth = new Growth([]);
  await world.handle.db.transaction().execute(async (tx) => {
    const waiting = await auditSealing.listUnsealed(tx, {
      limit: count,
      bytesMax: Number.MAX_SAFE_INTEGER,
      leftOut: [],
    });
    for (const { row } of waiting) if (row !== null) growth.addRow(TENANT, row);
  });
  await world.client.query('truncate audit_unsealed');
  const indexes = new Set<number>();
  while (indexes.size < count) indexes.add(randomInt(rows));
  const places = [...indexes];
  const known = new Map(
    growth.sealed().leaves.map((leaf, at) => [places[at] ?? 0, { ...leaf, index: places[at] ?? 0 }]),
  );
  await world.client.query(
    `insert into audit_leaves (tenant_id, index, event_id, hash, who_hash, what_hash, who_salt, what_salt)
    select tenant_id, index, event_id, decode(hash, 'hex'), decode(who_hash, 'hex'), decode(what_hash, 'hex'),
      decode(who_salt, 'hex'), decode(what_salt, 'hex')
    from json_to_recordset($1::json) as l (
      tenant_id uuid, index bigint, event_id uuid, hash text, who_hash text, what_hash text, who_salt text, what_salt text
    )`,
    [JSON.stringify([...known.values()])],
  );
  return known;
}

/** The hash of a leaf whose row is not there: both sides make it of the index. */
function hashOfOther(index: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(index));
  return hash('sha256', bytes, 'buffer');
}

async function insertOthers(
  { client }: World,
  { rows, progress }: { rows: number; progress(line: string): void },
): Promise<void> {
  for (let from = 0; from < rows; from += LEAVES_AT_ONCE) {
    const to = Math.min(from + LEAVES_AT_ONCE, rows) - 1;
    await client.query(
      `insert into audit_leaves (tenant_id, index, event_id, hash, who_hash, what_hash, who_salt, what_salt)
      select $3::uuid, i, (lpad(to_hex(1767225600000 + i / 4), 12, '0') || '7' || lpad(to_hex(i & 4095), 3, '0') || '9' || substr(md5(i::text), 1, 15))::uuid,
        sha256(int8send(i)), sha256(int8send(i)), sha256(int8send(i)), substr(sha256(int8send(i)), 1, 16), substr(sha256(int8send(i)), 17)
      from generate_series($1::bigint, $2::bigint) as i
      on conflict (tenant_id, index) do nothing`,
      [from, to, TENANT],
    );
    progress(`proof: ${to + 1} leaves`);
  }
}

async function insertTiles(
  { client }: World,
  { rows, known, progress }: { rows: number; known: Known; progress(line: string): void },
): Promise<void> {
  const tower = new Tower();
  const hashAt = (index: number) => {
    const leaf = known.get(index);
    return leaf === undefined ? hashOfOther(index) : Buffer.from(leaf.hash, 'hex');
  };
  const part = (from: number, to: number) => Array.from({ length: to - from }, (_, place) => hashAt(from + place));
  const write = (tiles: readonly { level: number; tile: number; hashes: Buffer }[]) =>
    client.query(
      `insert into audit_tiles (tenant_id, level, tile, hashes)
      select $1, level, tile, hashes from unnest($2::smallint[], $3::bigint[], $4::bytea[]) as t (level, tile, hashes)`,
      [TENANT, tiles.map(({ level }) => level), tiles.map(({ tile }) => tile), tiles.map(({ hashes }) => hashes)],
    );
  const full = Math.floor(rows / TILE_WIDTH);
  for (let first = 0; first < full; first += TILES_AT_ONCE) {
    const tiles = [];
    for (let tile = first; tile < Math.min(first + TILES_AT_ONCE, full); tile += 1) {
      const hashes = part(tile * TILE_WIDTH, (tile + 1) * TILE_WIDTH);
      tower.addTile(rootOfHashes(hashes));
      tiles.push({ level: 0, tile, hashes: Buffer.concat(hashes) });
    }
    await write(tiles);
    if (first % (TILES_AT_ONCE * 10) === 0) progress(`proof: ${first} of ${full} tiles`);
  }
  await write(tower.take(true));
  const frontier = tower.frontierWith(part(full * TILE_WIDTH, rows));
  await client.query('insert into audit_logs (tenant_id, size, frontier) values ($1, $2, $3)', [
    TENANT,
    rows,
    frontier,
  ]);
}

interface Answer {
  readonly index: number;
  readonly entry: string;
  readonly path: readonly string[];
  readonly checkpoint: string;
}

function askOf({ operatorToken }: World, address: string): (id: string) => Promise<unknown> {
  const headers = { authorization: `Bearer ${operatorToken}` };
  return async (id) => {
    const answer = await fetch(`${address}/v1/audit/${id}/proof`, { headers });
    const body = await answer.json();
    if (!answer.ok) throw new Error(`the proof was answered with ${answer.status}: ${JSON.stringify(body)}`);
    return body;
  };
}

const verifier = parseVerifier(signerOf(ORIGIN, Buffer.from(SEED, 'hex')).verifier);

/** Throws unless the answer proves what it says. */
function requireProof({ index, entry, path, checkpoint }: Answer, rows: number): void {
  const { size, root } = parseCheckpoint(openNote(checkpoint, [verifier]).text);
  const proof = { index, size, leaf: leafHash(entry), path: path.map((each) => Buffer.from(each, 'base64')), root };
  if (size !== rows || !verifyInclusion(proof)) throw new Error(`the proof of leaf ${index} does not hold`);
}
