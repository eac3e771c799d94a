/**
 * Many clients write and read a few keys through several servers, while something disturbs them and the store; what they
 * were told is held against a register with versions. Used by the test suite with few operations and by
 * `bench/src/configs.ts` with many.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '@tenant-registry/db';
import { type Chances, createChances } from './chances.ts';
import { type Answer, ask, type ConfigReplica, makeProject, type ProvenStore, type Question } from './config-fleet.ts';
import {
  type KeyHistory,
  type RecordedVersion,
  type VersionRead,
  type VersionWrite,
  versionViolations,
} from './config-versions.ts';
import { goesOn } from './goes-on.ts';

export interface ConfigRegisterOptions {
  readonly replicas: readonly Pick<ConfigReplica, 'address'>[];
  readonly store: Pick<ProvenStore, 'settled'>;
  readonly db: Db;
  /** The number of reads and writes that were sent. */
  readonly operations: number;
  /**
   * The least number of writes of each kind that got through: chance decides which do, so the run goes on until there were
   * as many, up to twenty times the operations. Absent: none.
   */
  readonly seenMin?: number;
  /** Decides what clients ask; which answer comes first is not in its hand. */
  readonly seed: number;
  readonly registers: readonly Register[];
  readonly clients?: number;
  /** Whether one of two writes of unknown outcome is repeated with its Idempotency-Key. */
  readonly repeats: boolean;
  readonly progress?: (operations: number) => void;
}

export interface ConfigRegisterReport {
  readonly seed: number;
  readonly reads: number;
  /** By what was asked: those that were answered with success. */
  readonly writes: Readonly<Record<Kind, number>>;
  /** Writes that were answered with a conflict, or that there was nothing to delete. */
  readonly refused: number;
  /** Answers 503. */
  readonly unavailable: number;
  /** Requests that got no answer. */
  readonly unanswered: number;
  /** Repetitions of writes of unknown outcome, with their Idempotency-Key, that got a verdict. */
  readonly repetitions: number;
  readonly versions: number;
  /** The longest time in which no request of any client was answered with success. */
  readonly longest_silence_ms: number;
  /** Sentences about what no register would have told; empty is the goal. */
  readonly violations: readonly string[];
}

const kinds = ['put', 'overwrite', 'delete', 'rollback'] as const;
type Kind = (typeof kinds)[number];

/** A key, and what clients sent and were told of it. */
export interface Register {
  readonly project: string;
  readonly key: string;
  readonly path: string;
  readonly writes: VersionWrite[];
  readonly reads: VersionRead[];
}

interface Run extends ConfigRegisterOptions {
  readonly done: Record<Kind, number>;
  sent: number;
  refused: number;
  unavailable: number;
  unanswered: number;
  repetitions: number;
  answeredAt: number;
  silence: number;
}

/** Repetitions of one write, and the time between them. */
const REPETITIONS_MAX = 3;
const PAUSE_MS = 100;
/** After a request without an answer: a server that is gone answers at once that it is. */
const BREATH_MS = 5;

/** Runs the operations, waits until the store has settled, and reports what clients were told. */
export async function runConfigRegister(options: ConfigRegisterOptions): Promise<ConfigRegisterReport> {
  const { operations, seenMin = 0, clients = 16, seed, store } = options;
  const counts = { sent: 0, refused: 0, unavailable: 0, unanswered: 0, repetitions: 0, silence: 0 };
  const done = { put: 0, overwrite: 0, delete: 0, rollback: 0 };
  const run: Run = {
    ...options,
    ...counts,
    done,
    answeredAt: performance.now(),
  };
  const hasSeen = () => Math.min(...Object.values(done)) >= seenMin;
  const going = () => goesOn(run.sent, operations, hasSeen);
  await Promise.all(
    Array.from({ length: clients }, (_, client) =>
      clientLoop(run, { client, chances: createChances(seed * 1_000 + client), going }),
    ),
  );
  await store.settled();
  await readEverything(run);
  return report(run);
}

export interface RegistersOptions {
  readonly projects?: number;
  readonly keysOfProject?: number;
}

/** Makes the projects in which the keys will be, before anything is disturbed. */
export async function prepareRegisters(
  replicas: readonly Pick<ConfigReplica, 'address'>[],
  { projects = 2, keysOfProject = 3 }: RegistersOptions = {},
): Promise<readonly Register[]> {
  const registers: Register[] = [];
  for (let n = 0; n < projects; n += 1) {
    const project = await makeProject(replicas[0]?.address() ?? '');
    for (let m = 0; m < keysOfProject; m += 1) {
      const key = `key-${m}`;
      registers.push({ project, key, path: `/v1/projects/${project}/configs/${key}`, writes: [], reads: [] });
    }
  }
  return registers;
}

interface Client {
  readonly client: number;
  readonly chances: Chances;
  readonly going: () => boolean;
}

/** What one client knows of a key: it may be old. */
interface Known {
  /** 0: no value. */
  version: number;
  /** Versions that have content. */
  readonly valued: number[];
}

async function clientLoop(run: Run, { client, chances, going }: Client): Promise<void> {
  const known = new Map(run.registers.map((register): [Register, Known] => [register, { version: 0, valued: [] }]));
  for (let n = 0; going(); n += 1) {
    run.sent += 1;
    const { sent } = run;
    const register = chances.one(run.registers);
    const knows = known.get(register) ?? { version: 0, valued: [] };
    if (chances.below(100) < 45) await read(run, register, { knows, address: addressOf(run, chances) });
    else await write(run, register, { knows, chances, name: `${client}.${n}` });
    run.progress?.(sent);
  }
}

function addressOf({ replicas }: Run, chances: Chances): string {
  return chances.one(replicas).address();
}

interface Reading {
  readonly knows: Known;
  readonly address: string;
}

async function read(run: Run, { path, reads }: Register, { knows, address }: Reading): Promise<void> {
  const began = performance.now();
  const answer = await ask(address, { method: 'GET', path });
  const ended = performance.now();
  if (answer?.status === 200) {
    const { version, content } = answer.body;
    reads.push({ began, ended, version, content: content.name });
    learn(knows, version, true);
  } else if (answer?.status === 404) {
    reads.push({ began, ended, version: 0, content: undefined });
    learn(knows, 0, false);
  } else return unable(run, answer, path);
  answered(run);
}

function learn(knows: Known, version: number, valued: boolean): void {
  knows.version = version;
  if (valued && knows.valued.at(-1) !== version) knows.valued.push(version);
}

/** Counts an answer without a verdict; throws for one that no client should get. */
async function unable(run: Run, answer: Answer | undefined, asked: string): Promise<void> {
  if (answer === undefined) run.unanswered += 1;
  else if (answer.status === 503) run.unavailable += 1;
  else throw new Error(`${asked}: ${JSON.stringify(answer)}`);
  await sleep(BREATH_MS);
}

function answered(run: Run): void {
  const now = performance.now();
  run.silence = Math.max(run.silence, now - run.answeredAt);
  run.answeredAt = now;
}

interface Writing {
  readonly knows: Known;
  readonly chances: Chances;
  readonly name: string;
}

interface Wanted {
  readonly kind: Kind;
  readonly question: Question;
  readonly content: VersionWrite['content'];
  readonly expected: number | null;
}

async function write(run: Run, register: Register, { knows, chances, name }: Writing): Promise<void> {
  const { kind, question, content, expected } = wanted(register, { knows, chances, name });
  // One of two repeats a write of unknown outcome, as a careful client does.
  const idempotencyKey =
    run.repeats && chances.below(2) === 0 ? `${run.seed}-${register.project}-${register.key}-${name}` : null;
  const headers = { ...question.headers, ...(idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }) };
  const began = performance.now();
  const index = register.writes.push({ name, content, expected, began, ended: Infinity, outcome: 'unknown' }) - 1;
  let verdict: Verdict = 'unknown';
  let asked = began;
  let sent = 0;
  for (let left = idempotencyKey === null ? 1 : 1 + REPETITIONS_MAX; verdict === 'unknown' && left > 0; left -= 1) {
    if (asked !== began) await sleep(PAUSE_MS);
    asked = performance.now();
    sent += 1;
    const answer = await ask(addressOf(run, chances), { ...question, headers });
    verdict = verdictOf(answer, { kind, expected });
    if (verdict === 'unknown') await unable(run, answer?.status === 409 ? undefined : answer, question.path);
    else if (left <= REPETITIONS_MAX && idempotencyKey !== null) run.repetitions += 1;
  }
  if (verdict === 'unknown') return;
  const ended = performance.now();
  answered(run);
  const { told, outcome } = verdict;
  register.writes[index] = { name, content, expected, began, ended, outcome, sent };
  if (outcome === 'refused') run.refused += 1;
  else run.done[kind] += 1;
  // A conflict tells the version that was found: this is a read too, of the request that was answered.
  if (outcome === 'refused' && told !== undefined)
    register.reads.push({ began: asked, ended, version: told, content: undefined });
  if (told !== undefined) learn(knows, told, told > 0 && kind !== 'delete');
}

function wanted({ path }: Register, { knows, chances, name }: Writing): Wanted {
  const { version, valued } = knows;
  const source = valued.length === 0 ? undefined : chances.one(valued.slice(-20));
  const dice = chances.below(100);
  const put = { method: 'PUT', path };
  const reason = name;
  if (dice < 15) {
    const question = { ...put, body: { content: { name }, reason }, headers: { 'if-match': '*' } };
    return { kind: 'overwrite', question, content: name, expected: null };
  }
  if (dice < 35 && version > 0) {
    const question = { method: 'DELETE', path: `${path}?expected_version=${version}&reason=${name}` };
    return { kind: 'delete', question, content: null, expected: version };
  }
  if (dice < 50 && source !== undefined) {
    const body = { version: source, expected_version: version, reason };
    return {
      kind: 'rollback',
      question: { method: 'POST', path: `${path}/rollback`, body },
      content: { of: source },
      expected: version,
    };
  }
  const body = { content: { name }, expected_version: version, reason };
  return { kind: 'put', question: { ...put, body }, content: name, expected: version };
}

/** `told`: the version that the answer tells, 0 for no value; undefined when it tells none. */
type Verdict =
  | 'unknown'
  | { readonly told: number | undefined; readonly outcome: Exclude<VersionWrite['outcome'], 'unknown'> };

function verdictOf(answer: Answer | undefined, { kind, expected }: Pick<Wanted, 'kind' | 'expected'>): Verdict {
  if (answer === undefined) return 'unknown';
  const { status, body } = answer;
  if (status === 204 && kind === 'delete' && expected !== null) return { told: 0, outcome: { version: expected + 1 } };
  if (status === 200) return { told: body.version, outcome: { version: body.version } };
  if (status === 409 && body.code === 'version_conflict') return { told: body.current_version, outcome: 'refused' };
  if (status === 412) return { told: undefined, outcome: 'refused' };
  return 'unknown';
}

/** Reads each key through each server, when nothing is under way any more. */
async function readEverything(run: Run): Promise<void> {
  for (const register of run.registers)
    for (const replica of run.replicas) {
      const before = register.reads.length;
      const knows = { version: 0, valued: [] };
      for (let tries = 0; register.reads.length === before; tries += 1) {
        if (tries > 1_000) throw new Error(`${register.path} is never read`);
        await read(run, register, { knows, address: replica.address() });
      }
    }
}

async function report(run: Run): Promise<ConfigRegisterReport> {
  const histories = await Promise.all(run.registers.map((register) => historyOf(run.db, register)));
  const { seed, done: writes, refused, unavailable, unanswered, repetitions } = run;
  return {
    seed,
    reads: histories.reduce((sum, { reads }) => sum + reads.length, 0),
    writes,
    ...{ refused, unavailable, unanswered, repetitions },
    versions: histories.reduce((sum, { recorded }) => sum + recorded.length, 0),
    longest_silence_ms: Math.round(run.silence),
    violations: histories.flatMap(versionViolations),
  };
}

async function historyOf(db: Db, { project, key, writes, reads }: Register): Promise<KeyHistory> {
  const rows = await db
    .selectFrom('config_revisions')
    .select(['version', 'reason', 'content'])
    .where('project_id', '=', project)
    .where('config_key', '=', key)
    .orderBy('version')
    .execute();
  const recorded = rows.map(({ version, reason, content }): RecordedVersion => {
    const { name = null } = (content ?? {}) as { readonly name?: string };
    return { version, name: reason ?? '', content: name };
  });
  return { key: `${project} ${key}`, writes, reads, recorded };
}
