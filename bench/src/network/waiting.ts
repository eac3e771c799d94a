/** What callers of one tenant notice while the network of another one is locked, and many of its callers wait. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '../../../packages/server/src/kernel/errors.ts';
import { median, round } from '../lib/load.ts';
import type { Section } from './section.ts';
import { contextOf, giveBack, newNetwork, openWorld, take, timed } from './world.ts';

const WAITING = 64;
const WARM = 20;
const GOAL_MS = 50;

export const measureWaiting: Section = async (surroundings) => {
  const { locked, progress } = surroundings;
  const world = await openWorld(surroundings, 'network-waiting');
  const a = await newNetwork(world, { used: 100, spare: WAITING });
  const b = await newNetwork(world, { used: 100, spare: 1 });
  const [ofA, ofB] = [contextOf(world, a), contextOf(world, b)];
  const node = b.spare[0] ?? '';
  /** Allocates in B one after the other for so long, and returns the times. */
  const workInB = async (ms: number): Promise<number[]> => {
    const times: number[] = [];
    for (const end = performance.now() + ms; performance.now() < end; ) {
      times.push(await timed(() => take(ofB, node)));
      await giveBack(ofB, node);
    }
    return times;
  };
  for (let n = 0; n < WARM; n += 1) await workInB(1);
  const quiet = await workInB(locked);
  progress('waiting: quiet');

  const holder = await world.pool.connect();
  await holder.query('begin');
  await holder.query(`select pg_advisory_xact_lock(hashtextextended('mesh ' || $1::uuid, 0))`, [a.tenant_id]);
  const outcomes = Promise.all(a.spare.map((id) => take(ofA, id).then(() => 'answered', codeOf)));
  const unlocked = sleep(locked).then(() => holder.query('commit'));
  const during = await workInB(locked);
  await unlocked;
  holder.release();
  const told = await outcomes;
  const count = (outcome: string) => told.filter((each) => each === outcome).length;
  const grown = median(during) - median(quiet);
  return [
    { what: 'B, quiet: p50 of an allocation', value: round(median(quiet), 2), unit: 'ms' },
    { what: `B, A locked for ${locked} ms with ${WAITING} waiting: p50`, value: round(median(during), 2), unit: 'ms' },
    { what: 'B: growth of p50', value: round(grown, 2), unit: 'ms', goal: { most: GOAL_MS } },
    { what: 'B: longest allocation meanwhile', value: round(Math.max(...during), 1), unit: 'ms' },
    { what: 'A: callers that got an address', value: count('answered'), unit: '' },
    { what: 'A: callers told allocator_contention', value: count('allocator_contention'), unit: '' },
    {
      what: 'A: callers with another outcome',
      value: told.length - count('answered') - count('allocator_contention'),
      unit: '',
      goal: { most: 0 },
    },
  ];
};

function codeOf(error: unknown): string {
  return error instanceof DomainError ? error.definition.code : String(error);
}
