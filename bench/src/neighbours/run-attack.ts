/** One attack from its beginning to its end, on a server of its own: quiet and attacked stretches take turns. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startAttacker } from './attacker-process.ts';
import { watchMemory } from './memory.ts';
import type { Tally } from './orders.ts';
import type { Measured } from './probes.ts';
import { createVictim, type Victim } from './victim.ts';
import { createWorld, type WorldOptions } from './world.ts';

const WARM_UP_SECONDS = 2;
/** Until the attack is at its height. */
const RISE_MS = 2_000;
const RECOVERED_WITHIN_MS = 20_000;
const SERVED_IN_A_ROW = 5;

export interface Round {
  readonly quiet: Measured;
  readonly attacked: Measured;
}

export interface Outcome {
  readonly rounds: readonly Round[];
  /** What the attacker was allowed to make beforehand. */
  readonly note: string;
  /** Answers to the attacker by status, those of the preparation included. */
  readonly tally: Tally;
  /** MiB of the server before the first attack, and at most; undefined where there is no /proc. */
  readonly memory: { readonly quiet: number | undefined; readonly peak: number | undefined };
  /** What ended the rounds before their number was reached. */
  readonly ended: string | undefined;
  /** Questions that the silent resolver received. */
  readonly names: number;
}

export interface Length {
  readonly rounds: number;
  /** Of each quiet and each attacked stretch. */
  readonly seconds: number;
}

export async function runAttack(options: WorldOptions, { rounds: count, seconds }: Length): Promise<Outcome> {
  await using stack = new AsyncDisposableStack();
  const world = await createWorld(options, stack);
  const memory = watchMemory(world.pid, stack);
  const victim = createVictim(options.attack, world);
  await victim.prepare(1, WARM_UP_SECONDS);
  await victim.live(WARM_UP_SECONDS); // the server compiles, the keys become known
  const quietMemory = memory.now();
  const attacker = startAttacker(stack);
  const note = await attacker.prepare(world.attacker);
  const rounds: Round[] = [];
  let ended = await serves(world.pid, victim);
  let tally: Tally = {};
  while (rounds.length < count && ended === undefined) {
    await victim.prepare(2, seconds);
    const quiet = await victim.live(seconds);
    attacker.attack();
    await sleep(RISE_MS);
    const attacked = await victim.live(seconds);
    tally = await attacker.stop();
    rounds.push({ quiet, attacked });
    ended = await serves(world.pid, victim);
  }
  return {
    rounds,
    note,
    tally,
    memory: { quiet: quietMemory, peak: memory.peak() },
    ended,
    names: world.resolver.unanswered(),
  };
}

/** Waits until the victim is served so many times in a row; resolves with what prevents it, or undefined. */
async function serves(pid: number, victim: Victim): Promise<string | undefined> {
  const endsAt = performance.now() + RECOVERED_WITHIN_MS;
  for (let inARow = 0; inARow < SERVED_IN_A_ROW; ) {
    inARow = (await victim.isServed()) ? inARow + 1 : 0;
    if (!isAlive(pid)) return 'the server has ended';
    if (performance.now() > endsAt) return `the victim is not served ${RECOVERED_WITHIN_MS / 1000} s after the attack`;
    await sleep(300);
  }
  return undefined;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
