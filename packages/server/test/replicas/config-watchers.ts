/**
 * Watchers of a project hear its changes over connections that are cut at random, and what they heard is held against the
 * history. Used by the test suite with few changes and by `bench/src/configs.ts` with many.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '@tenant-registry/db';
import { OPERATOR } from '../support/server-process.ts';
import { type Chances, createChances } from './chances.ts';
import { ask, makeProject, type ProvenStore } from './config-fleet.ts';
import { disturbed } from './disturbances.ts';
import { type Link, openLink } from './link.ts';

export interface ConfigWatchersOptions {
  /** The server. */
  readonly address: string;
  readonly db: Db;
  readonly store: Pick<ProvenStore, 'settled'>;
  /** The least number of versions that are written. */
  readonly changes: number;
  readonly watchers?: number;
  readonly seed: number;
  readonly progress?: (changes: number) => void;
}

export interface ConfigWatchersReport {
  readonly seed: number;
  readonly watchers: number;
  readonly versions: number;
  readonly cuts: number;
  /** Connections that were ended in the middle of a revision, whose beginning was heard again. */
  readonly torn: number;
  /** Sentences about what was lost, heard twice, out of order or not together; empty is the goal. */
  readonly contradictions: readonly string[];
}

const KEYS = 12;
const TOGETHER = 4;
const WRITERS = 4;
const CUT_MS_MAX = 250;
const PATIENCE_MS = 240_000;

/** What one watcher heard of one revision. */
interface Heard {
  readonly cursor: string;
  /** `key version` of each change. */
  readonly changes: readonly string[];
}

interface Watcher {
  readonly link: Link;
  readonly heard: Heard[];
  cursor: string;
  torn: number;
  resets: number;
}

/** Writes the changes while connections are cut, waits until each watcher has the newest one, and reports what they heard. */
export async function runConfigWatchers(options: ConfigWatchersOptions): Promise<ConfigWatchersReport> {
  const { address, watchers: count = 4, seed, db, store } = options;
  const project = await makeProject(address);
  const first = await write(address, project, ['key-0'], 'first');
  const watchers = await Promise.all(
    Array.from(
      { length: count },
      async (): Promise<Watcher> => ({ link: await openLink(address), heard: [], cursor: first, torn: 0, resets: 0 }),
    ),
  );
  const leaving = new AbortController();
  const watching = watchers.map((watcher) => watchLoop(watcher, project, leaving.signal));
  const cuts = { count: 0 };
  try {
    await disturbed(cutting(watchers, createChances(seed), cuts), async () => {
      await writeAll(options, project);
      const last = await lastCursor(address, project);
      await store.settled(); // the history, which they are held against, has the last one too
      await allHeard(watchers, last);
    });
  } finally {
    leaving.abort();
    await Promise.all(watching);
    await Promise.all(watchers.map(({ link }) => link.close()));
  }
  const history = await historyOf(db, project);
  return {
    ...{ seed, watchers: count, cuts: cuts.count },
    versions: history.flat().length + 1,
    torn: watchers.reduce((sum, { torn }) => sum + torn, 0),
    contradictions: watchers.flatMap((watcher, index) =>
      unlike(history, watcher).map((sentence) => `watcher ${index}: ${sentence}`),
    ),
  };
}

/** Writes keys together; resolves to the cursor when it was answered. */
async function write(address: string, project: string, keys: readonly string[], name: string): Promise<string> {
  const items = keys.map((key) => ({ key, content: { name, key } }));
  const path = `/v1/projects/${project}/config-import`;
  for (;;) {
    const answer = await ask(address, { method: 'POST', path, body: { items, reason: name } });
    if (answer?.status === 200 && answer.body.complete) return answer.body.cursor;
    if (answer !== undefined && ![200, 409, 503].includes(answer.status))
      throw new Error(`${path}: ${JSON.stringify(answer)}`);
    await sleep(5);
  }
}

async function writeAll({ address, changes, seed, progress }: ConfigWatchersOptions, project: string): Promise<void> {
  let written = 1;
  let told = 0;
  const writer = async (_: unknown, client: number) => {
    const chances = createChances(seed * 100 + client);
    for (let n = 0; written < changes; n += 1) {
      const from = chances.below(KEYS);
      const size = chances.below(3) === 0 ? TOGETHER : 1;
      const keys = Array.from({ length: size }, (_each, m) => `key-${(from + m) % KEYS}`);
      await write(address, project, keys, `${client}.${n}`);
      written += size;
      if (Math.floor(written / 1_000) > told) {
        told = Math.floor(written / 1_000);
        progress?.(told * 1_000);
      }
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

const lastCursor = (address: string, project: string) => write(address, project, ['last'], 'last');

function cutting(watchers: readonly Watcher[], chances: Chances, cuts: { count: number }) {
  return async (signal: AbortSignal) => {
    while (!signal.aborted) {
      await sleep(chances.below(CUT_MS_MAX), undefined, { signal }).catch(() => {});
      const { link } = chances.one(watchers);
      await link.cut();
      link.restore();
      cuts.count += 1;
    }
  };
}

async function allHeard(watchers: readonly Watcher[], last: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!watchers.every(({ heard }) => heard.some(({ cursor }) => cursor === last))) {
    if (Date.now() > deadline) return; // what is missing is told by the comparison
    await sleep(20);
  }
}

async function watchLoop(watcher: Watcher, project: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Changes of a revision whose end has not come: they come again.
    const open: string[] = [];
    await listen(watcher, { project, signal, open }).catch(() => {}); // cut
    if (open.length > 0) watcher.torn += 1;
    if (!signal.aborted) await sleep(5);
  }
}

interface Listening {
  readonly project: string;
  readonly signal: AbortSignal;
  readonly open: string[];
}

async function listen(watcher: Watcher, { project, signal, open }: Listening): Promise<void> {
  const { cursor, link } = watcher;
  const url = new URL(`/v1/projects/${project}/config-watch?after=${encodeURIComponent(cursor)}`, link.url);
  const headers = { authorization: `Bearer ${OPERATOR}` };
  const answer = await fetch(url, { headers, signal });
  if (!answer.ok || answer.body === null) {
    await answer.body?.cancel();
    return;
  }
  let text = '';
  for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
    const messages = (text + piece).split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages) hear(watcher, open, message);
  }
}

function hear(watcher: Watcher, open: string[], message: string): void {
  const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(message)?.[1];
  const id = field('id');
  if (field('event') === 'reset') watcher.resets += 1;
  if (field('event') === 'change') {
    const { key, version } = JSON.parse(field('data') ?? '') as { readonly key: string; readonly version: number };
    open.push(`${key} ${version}`);
    if (id !== undefined) watcher.heard.push({ cursor: id, changes: open.splice(0) });
  }
  if (id !== undefined) watcher.cursor = id;
}

/** The changes of each revision but the first, in the order of the revisions. */
async function historyOf(db: Db, project: string): Promise<string[][]> {
  const rows = await db
    .selectFrom('config_revisions')
    .select(['config_key', 'version', 'revision'])
    .where('project_id', '=', project)
    .orderBy('revision')
    .execute();
  const byRevision = Map.groupBy(rows, ({ revision }) => revision);
  return [...byRevision.values()].slice(1).map((made) => made.map((row) => `${row.config_key} ${row.version}`).sort());
}

function unlike(history: readonly (readonly string[])[], { heard, resets }: Watcher): string[] {
  const wanted = history.map((changes) => changes.join(', '));
  const got = heard.map(({ changes }) => [...changes].sort().join(', '));
  const at = wanted.findIndex((changes, index) => got[index] !== changes);
  const found: string[] = resets === 0 ? [] : [`${resets} resets, and nothing was too old`];
  if (at >= 0) found.push(`heard ${got[at] ?? 'nothing'} where the history has ${wanted[at]}`);
  if (got.length !== wanted.length) found.push(`heard ${got.length} revisions, and the history has ${wanted.length}`);
  return found;
}
