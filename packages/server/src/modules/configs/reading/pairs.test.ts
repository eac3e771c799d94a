/** Keys that are always written together are equal in whatever is read while they are written. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { commitEdits, contextOf, newPlace } from '../../../../test/support/config-history.ts';
import { type TestServer, testServer } from '../../../../test/support/server.ts';
import type { Place } from '../store/port.ts';

const server = testServer();

const PAIRS = 120;
const WRITERS = 3;
const READS = 12;

const pad = (pair: number) => String(pair).padStart(3, '0');
/** The two are far apart, so that they come with different pages. */
const pairOf = (pair: number, n: number) => [
  { key: `a-${pad(pair)}`, content: n },
  { key: `z-${pad(pair)}`, content: n },
];

async function fill(place: Place): Promise<void> {
  const ctx = contextOf(server);
  for (let pair = 0; pair < PAIRS; pair += 30) {
    const edits = Array.from({ length: 30 }, (_, index) => pairOf(pair + index, 0)).flat();
    await commitEdits(ctx, place, edits);
  }
}

/** Writes its own pairs, one after the other, until it is told to stop. */
async function write(place: Place, { first, isOver }: { first: number; isOver: () => boolean }): Promise<number> {
  const ctx = contextOf(server);
  let n = 0;
  for (; !isOver(); n += 1) {
    const pair = (first + n * WRITERS * 7) % PAIRS;
    await commitEdits(ctx, place, pairOf(pair - (pair % WRITERS) + first, n));
    // An engine in this process would leave readers no turn.
    await nextTurn();
  }
  return n;
}

interface Row {
  readonly key: string;
  readonly content: unknown;
}

function expectPairs(rows: readonly Row[], source: string): void {
  const contents = new Map(rows.map(({ key, content }) => [key, content]));
  expect(contents.size, source).toBe(2 * PAIRS);
  for (let pair = 0; pair < PAIRS; pair += 1)
    expect(contents.get(`a-${pad(pair)}`), `${source}: pair ${pair}`).toBe(contents.get(`z-${pad(pair)}`));
}

async function listAll({ call }: TestServer, path: string) {
  const rows: Row[] = [];
  const states = new Set<string>();
  let cursor = '';
  for (;;) {
    const { status, body } = await call(`GET ${path}?limit=50${cursor}`);
    expect(status).toBe(200);
    rows.push(...body.items);
    states.add(body.state);
    if (body.next_cursor === null) return { rows, states };
    cursor = `&cursor=${encodeURIComponent(body.next_cursor)}`;
  }
}

// proves B21, B33
test('every snapshot and every list is of one state while several writers write', async () => {
  const place = await newPlace(server);
  await fill(place);
  let over = false;
  const isOver = () => over;
  const writers = Array.from({ length: WRITERS }, (_, first) => write(place, { first, isOver }));
  const cursors = new Set<string>();
  const P = `/v1/projects/${place.project_id}`;
  try {
    for (let read = 0; read < READS; read += 1) {
      const snapshot = await server.call(`GET ${P}/config-snapshot`);
      expectPairs(snapshot.body.configs, 'snapshot');
      const { rows, states } = await listAll(server, `${P}/configs`);
      expectPairs(rows, 'list');
      expect(states.size).toBe(1);
      for (const state of [snapshot.body.cursor, ...states]) cursors.add(state);
    }
  } finally {
    over = true;
  }
  const written = await Promise.all(writers);
  expect(Math.min(...written)).toBeGreaterThan(0);
  // They wrote while it was read.
  expect(cursors.size).toBeGreaterThan(READS);
  for (const cursor of cursors) {
    const { body } = await server.call(`GET ${P}/config-snapshot?at=${cursor}`);
    expectPairs(body.configs, `snapshot at ${cursor}`);
  }
}, 120_000);
