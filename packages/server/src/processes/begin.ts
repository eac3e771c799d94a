/** The life of a process as its supervisor sees it: it begins, ends, and is followed by another one. */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { appoint, end, type Group, isStopping, type Member, serving, tell } from './group.ts';
import { hear } from './hear.ts';
import type { Report } from './messages.ts';

/** A process that lived for so long did not fail at its start. */
const LIVED_MS = 10_000;
const PAUSE_MS = { first: 100, max: 30_000 };
/** Beyond the time in which each process ends by itself. */
const PATIENCE_MS = 2_000;

/** Thrown for a process that ended before it listened; it has said why itself. */
export class StartError extends Error {
  readonly code: number;

  constructor(code: number | null) {
    super('a process ended before it listened');
    this.name = 'StartError';
    this.code = code || 1;
  }
}

/** Starts a process; resolves when it listens, and rejects with `StartError`. */
export async function begin(group: Group, number: number): Promise<Member> {
  const worker = cluster.fork();
  const member: Member = {
    process: number,
    worker,
    startedMs: performance.now(),
    listening: null,
    isLeaving: false,
    ask: (question) => tell(member, { kind: 'tell_figures', question }),
  };
  group.members.add(member);
  worker.on('error', (err) => group.logger.warn({ err, process: number }, 'a process cannot be told'));
  const listens = new Promise<void>((resolve) => {
    worker.on('message', (report: Report) => {
      hear(group, member, report);
      if (report.kind === 'listening') resolve();
    });
  });
  const ended = new Promise<never>((_, reject) => {
    worker.once('exit', (code) => {
      left(group, member);
      reject(new StartError(code));
    });
  });
  ended.catch(() => {}); // once it has listened, its end is no failure of the start
  tell(member, { kind: 'begin', process: number });
  await Promise.race([listens, ended]);
  if (isStopping(group)) tell(member, { kind: 'stop' });
  return member;
}

/** Gives the process its place. */
export function place(group: Group, member: Member): void {
  const { process: number, worker } = member;
  // It may have ended since it said that it listens.
  if (!group.members.has(member)) return void fill(group, number, PAUSE_MS.first);
  group.places.set(number, member);
  if (group.phase !== 'starting') group.logger.info({ process: number, pid: worker.process.pid }, 'a process listens');
  appoint(group);
}

/** A process has ended. */
function left(group: Group, member: Member): void {
  const { process: number, worker, startedMs } = member;
  group.members.delete(member);
  group.gathering.ended(member);
  if (isStopping(group)) return;
  appoint(group);
  if (group.places.get(number) !== member) return;
  group.places.delete(number);
  if (member.isLeaving) return;
  group.restarts += 1;
  const { exitCode: code, signalCode: signal, pid } = worker.process;
  group.logger.error({ process: number, pid, code, signal }, 'a process ended: another one takes its place');
  const hasLived = performance.now() - startedMs >= LIVED_MS;
  void fill(group, number, hasLived ? 0 : PAUSE_MS.first);
}

/** Starts a process for the number, and again after longer and longer pauses. When nobody is left to serve, all end. */
async function fill(group: Group, number: number, pauseMs: number): Promise<void> {
  await pause(pauseMs);
  if (isStopping(group) || group.places.has(number)) return;
  try {
    place(group, await begin(group, number));
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    if (isStopping(group)) return;
    const { code } = error;
    if (serving(group).length === 0) return end(group, code);
    const nextMs = Math.min(PAUSE_MS.max, Math.max(PAUSE_MS.first, 2 * pauseMs));
    group.logger.error({ process: number, code, pauseMs: nextMs }, 'a process could not start: it is tried again');
    await fill(group, number, nextMs);
  }
}

/** Tells the process to end, and resolves with its exit code: null, when it had to be killed. */
export async function dismiss(group: Group, member: Member): Promise<number | null> {
  member.isLeaving = true;
  if (!group.members.has(member)) return 0;
  tell(member, { kind: 'stop' });
  const { worker, process: number } = member;
  const late = setTimeout(() => {
    group.logger.error({ process: number }, 'a process did not end in time: it is killed');
    worker.process.kill('SIGKILL');
  }, group.config.shutdownTimeoutMs + PATIENCE_MS);
  const [code] = await once(worker, 'exit');
  clearTimeout(late);
  return code;
}

/** Puts a new process in the place of the old one, which then ends. Rejects, and leaves the old one, when the new one cannot start. */
export async function replace(group: Group, old: Member): Promise<void> {
  // Its end meanwhile is no accident that wants another process.
  old.isLeaving = true;
  try {
    place(group, await begin(group, old.process));
  } catch (error) {
    old.isLeaving = false;
    if (!group.members.has(old)) void fill(group, old.process, PAUSE_MS.first);
    throw error;
  }
  await dismiss(group, old);
}
