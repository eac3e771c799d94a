/**
 * Many clients read and write authority through several replicas, while something disturbs them, and what they were told
 * is held against a register. Used by the test suite with few operations and by `bench/src/linearizable.ts` with many.
 */
import { randomInt } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { goesOn } from './goes-on.ts';
import type { Subject } from './memory-replica.ts';
import { type History, type Operation, violations } from './register.ts';

export interface Replica {
  /** Whether the key is accepted; undefined when there was no verdict. */
  read(subject: Subject): Promise<boolean | undefined>;
  /** Whether the change was answered with success. */
  write(subject: Subject, live: boolean): Promise<boolean>;
  /** Ends the key for good; true when that was answered. May be repeated. */
  revoke(subject: Subject): Promise<boolean>;
}

export interface RegisterOptions {
  readonly replicas: readonly Replica[];
  readonly newSubject: () => Promise<Subject>;
  /** The least number of reads and writes. */
  readonly operations: number;
  /**
   * The least number of reads that told acceptance, and of those that told refusal: chance decides which come when, so the
   * run goes on until there were as many, up to twenty times the operations. Absent: none.
   */
  readonly seenMin?: number;
  readonly readers?: number;
  readonly writers?: number;
  readonly progress?: (operations: number) => void;
}

export interface RegisterReport {
  readonly reads: number;
  readonly accepted: number;
  readonly writes: number;
  readonly revocations: number;
  readonly unanswered: number;
  /** The times of answered writes, sorted. */
  readonly write_ms: readonly number[];
  /** Sentences about what no register would have told; empty is the goal. */
  readonly violations: readonly string[];
}

interface Register {
  readonly subject: Subject;
  readonly writes: Operation[];
  readonly reads: Operation[];
}

interface Run extends RegisterOptions {
  readonly registers: Register[];
  operations_done: number;
  accepted: number;
  refused: number;
  unanswered: number;
  revocations: number;
}

const WRITES_PER_KEY = 12;
/** Keys are still asked about when they have been revoked. */
const LOOKED_AT = 3;

/** Runs until there were enough operations, and reports what they were told. */
export async function runRegisters(options: RegisterOptions): Promise<RegisterReport> {
  const { operations, seenMin = 0, readers = 12, writers = 4 } = options;
  const counts = { operations_done: 0, accepted: 0, refused: 0, unanswered: 0, revocations: 0 };
  const run: Run = { ...options, ...counts, registers: [] };
  const hasSeen = () => Math.min(run.accepted, run.refused) >= seenMin && run.revocations > 0;
  const going = () => goesOn(run.operations_done, operations, hasSeen);
  await Promise.all([
    ...Array.from({ length: writers }, () => writerLoop(run, going)),
    ...Array.from({ length: readers }, () => readerLoop(run, going, writers * LOOKED_AT)),
  ]);
  return report(run);
}

async function writerLoop(run: Run, going: () => boolean): Promise<void> {
  while (going()) {
    const [began, subject, ended] = [performance.now(), await run.newSubject(), performance.now()];
    const register: Register = { subject, writes: [{ began, ended, value: true }], reads: [] };
    run.registers.push(register);
    let known = true;
    for (let i = 1; known && going() && i < WRITES_PER_KEY; i++) {
      const value = i % 2 === 0;
      known = await write(run, register, value, () => some(run.replicas).write(subject, value));
    }
    if (register.writes.at(-1)?.value === false && known) {
      known = await write(run, register, true, () => some(run.replicas).write(subject, true));
    }
    // Repeated until any replica answers it: the answer counts.
    const revoked = async () => {
      while (!(await some(run.replicas).revoke(subject))) run.unanswered += 1;
      return true;
    };
    if (known) await write(run, register, false, revoked);
    if (known) run.revocations += 1;
  }
}

async function write(run: Run, { writes }: Register, value: boolean, work: () => Promise<boolean>): Promise<boolean> {
  const began = performance.now();
  const index = writes.push({ began, ended: Number.POSITIVE_INFINITY, value }) - 1;
  const answered = await work();
  if (answered) writes[index] = { began, ended: performance.now(), value };
  else run.unanswered += 1;
  count(run);
  return answered;
}

async function readerLoop(run: Run, going: () => boolean, lookedAt: number): Promise<void> {
  while (going()) {
    await turn(); // an answer from memory costs no I/O, and others must get a word in
    const register = run.registers.at(-1 - randomInt(Math.max(1, Math.min(lookedAt, run.registers.length))));
    if (register === undefined) continue;
    const began = performance.now();
    const value = await some(run.replicas).read(register.subject);
    if (value === undefined) run.unanswered += 1;
    else {
      register.reads.push({ began, ended: performance.now(), value });
      if (value) run.accepted += 1;
      else run.refused += 1;
    }
    count(run);
  }
}

function count(run: Run): void {
  run.operations_done += 1;
  run.progress?.(run.operations_done);
}

function some<T>(things: readonly T[]): T {
  const thing = things[randomInt(things.length)];
  if (thing === undefined) throw new Error('there are no replicas');
  return thing;
}

function report({ registers, accepted, unanswered, revocations }: Run): RegisterReport {
  const histories = registers.map(({ subject, ...history }): History => ({ name: subject.id, ...history }));
  const reads = registers.flatMap((register) => register.reads);
  // The first one made the register.
  const writes = registers.flatMap((register) => register.writes.slice(1)).filter(({ ended }) => ended < Infinity);
  return {
    reads: reads.length,
    accepted,
    writes: writes.length,
    revocations,
    unanswered,
    write_ms: writes.map(({ began, ended }) => ended - began).toSorted((a, b) => a - b),
    violations: histories.flatMap(violations),
  };
}
