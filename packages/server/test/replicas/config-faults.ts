/**
 * Kills the server at random moments while configurations are put, imported, deleted and rolled back, and looks at what it
 * left behind. Used by the test suite with a few kills and by `bench/src/configs.ts` with many.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '@tenant-registry/db';
import { startServer } from '../support/server-process.ts';
import { type Chances, createChances } from './chances.ts';
import { type Answer, ask, makeProject, type ProvenStore, type Question } from './config-fleet.ts';
import { type Acknowledged, acknowledgedUnlike, configContradictions } from './config-records.ts';

const CLIENTS = 6;
const PROJECTS = 2;
const KEYS = 6;
const IMPORTED = 3;

export interface ConfigFaultOptions {
  /** A migrated database for this run alone, and its handle. */
  readonly url: string;
  readonly db: Db;
  readonly store: ProvenStore;
  readonly kills: number;
  /** Decides what clients ask; when the server is killed, and what it does then, is not in its hand. */
  readonly seed: number;
  readonly progress?: (kills: number) => void;
}

export interface ConfigFaultReport {
  readonly seed: number;
  readonly kills: number;
  /** By what was asked: requests that were answered with success. */
  readonly acknowledged: Readonly<Record<Kind, number>>;
  /** Requests that got no answer. */
  readonly unanswered: number;
  /** Versions that are there in the end. */
  readonly versions: number;
  /** Sentences about what does not fit together; empty is the goal. */
  readonly contradictions: readonly string[];
}

const kinds = ['put', 'overwrite', 'delete', 'rollback', 'import'] as const;
type Kind = (typeof kinds)[number];

interface Run {
  readonly projects: readonly string[];
  readonly promised: Acknowledged[];
  readonly acknowledged: Record<Kind, number>;
  unanswered: number;
}

/** Runs the load, kills `kills` times, lets a last server bring everything to its place, and reports what does not fit. */
export async function runConfigFaults(options: ConfigFaultOptions): Promise<ConfigFaultReport> {
  const { db, store, kills, seed, progress } = options;
  const run: Run = {
    projects: await onServer(options, projectsOf),
    promised: [],
    acknowledged: { put: 0, overwrite: 0, delete: 0, rollback: 0, import: 0 },
    unanswered: 0,
  };
  for (let kill = 1; kill <= kills; kill += 1) {
    await killedOnce(run, options, kill);
    progress?.(kill);
  }
  await onServer(options, () => store.settled());
  const { count } = await db
    .selectFrom('config_revisions')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return {
    ...{ seed, kills, acknowledged: run.acknowledged, unanswered: run.unanswered },
    versions: Number(count),
    contradictions: [
      ...(await configContradictions(db)),
      ...(await acknowledgedUnlike(db, run.promised)),
      ...(await store.contradictions(db)),
    ],
  };
}

async function projectsOf(address: string): Promise<string[]> {
  const projects: string[] = [];
  for (let n = 0; n < PROJECTS; n += 1) projects.push(await makeProject(address));
  return projects;
}

/** Starts a server for the work, and kills it afterwards. */
async function onServer<T>({ url, store }: ConfigFaultOptions, work: (address: string) => Promise<T>): Promise<T> {
  const server = await startServer(url, store.env);
  try {
    return await work(server.address);
  } finally {
    server.child.kill('SIGKILL');
    await server.ended;
  }
}

async function killedOnce(run: Run, { url, store, seed }: ConfigFaultOptions, kill: number): Promise<void> {
  const server = await startServer(url, store.env);
  const stop = new AbortController();
  const clients = Array.from({ length: CLIENTS }, (_, client) => {
    const chances = createChances((seed * 10_000 + kill) * CLIENTS + client);
    return clientLoop(run, { address: server.address, chances, name: `${kill}.${client}`, signal: stop.signal });
  });
  // From the first success on, or else a busy machine would let servers die before anything happens on them.
  const before = successes(run);
  while (successes(run) === before) await Promise.race([sleep(5), ...clients]);
  await sleep(randomInt(0, 400));
  server.child.kill('SIGKILL');
  await server.ended;
  stop.abort();
  await Promise.all(clients);
}

const successes = ({ acknowledged }: Run) => Object.values(acknowledged).reduce((sum, count) => sum + count, 0);

interface Client {
  readonly address: string;
  readonly chances: Chances;
  readonly name: string;
  readonly signal: AbortSignal;
}

async function clientLoop(run: Run, client: Client): Promise<void> {
  for (let n = 0; !client.signal.aborted; n += 1) {
    const name = `${client.name}.${n}`;
    const kind = client.chances.one(kinds);
    const project = client.chances.one(run.projects);
    const answer =
      kind === 'import'
        ? await importSome(run, client, { project, name })
        : await writeOne(run, client, { kind, project, name });
    if (answer === undefined) {
      run.unanswered += 1;
      if (!client.signal.aborted) await sleep(5);
    } else if (answer.status < 300) run.acknowledged[kind] += 1;
    else if (!isExpected(answer)) throw new Error(`${kind}: ${JSON.stringify(answer)}`);
  }
}

/** A conflict with another client, nothing to delete, a version without content, or too much to do. */
function isExpected({ status }: Answer): boolean {
  return [404, 409, 412, 503].includes(status);
}

interface Sent {
  readonly project: string;
  readonly name: string;
}

async function writeOne(
  run: Run,
  { address, chances }: Client,
  { kind, project, name }: Sent & { readonly kind: Exclude<Kind, 'import'> },
): Promise<Answer | undefined> {
  const key = keyOf(chances);
  const path = `/v1/projects/${project}/configs/${key}`;
  const there = kind === 'overwrite' ? null : await ask(address, { method: 'GET', path });
  if (there === undefined) return undefined;
  const version: number = there?.status === 200 ? there.body.version : 0;
  const answer = await ask(address, questionOf(kind, { path, version, name, chances }));
  const made = answer?.status === 204 ? version + 1 : answer?.body?.version;
  if (answer !== undefined && answer.status < 300) run.promised.push({ project, key, version: made, name });
  return answer;
}

const keyOf = (chances: Chances) => `key-${chances.below(KEYS)}`;

interface Wanted {
  readonly path: string;
  readonly version: number;
  readonly name: string;
  readonly chances: Chances;
}

function questionOf(kind: Exclude<Kind, 'import'>, { path, version, name, chances }: Wanted): Question {
  const content = { name, text: 'x'.repeat(chances.below(2_000)) };
  switch (kind) {
    case 'put':
      return { method: 'PUT', path, body: { content, expected_version: version, reason: name } };
    case 'overwrite':
      return { method: 'PUT', path, body: { content, reason: name }, headers: { 'if-match': '*' } };
    case 'delete':
      return { method: 'DELETE', path: `${path}?expected_version=${version}&reason=${name}` };
    case 'rollback': {
      const source = 1 + chances.below(Math.max(1, version));
      return {
        method: 'POST',
        path: `${path}/rollback`,
        body: { version: source, expected_version: version, reason: name },
      };
    }
    default:
      return kind satisfies never;
  }
}

/** Keys that are written together, or not at all. */
async function importSome(
  run: Run,
  { address, chances }: Client,
  { project, name }: Sent,
): Promise<Answer | undefined> {
  const first = chances.below(KEYS);
  const items = Array.from({ length: IMPORTED }, (_, n) => {
    const key = `key-${(first + n) % KEYS}`;
    return { key, content: { name, together: IMPORTED } };
  });
  const path = `/v1/projects/${project}/config-import`;
  const answer = await ask(address, { method: 'POST', path, body: { items, reason: name } });
  if (answer?.status === 200)
    for (const { key, version, written } of answer.body.items)
      if (written) run.promised.push({ project, key, version, name });
  return answer;
}
