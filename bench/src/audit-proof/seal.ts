/** How fast rows that wait are sealed, by one process. */
import { round } from '../lib/load.ts';
import type { Section } from './section.ts';
import { insertEvents, openWorld, sealAll, timed } from './world.ts';

const GOAL = 5_000;

export const measureSeal: Section = async (surroundings) => {
  const { sealed: count, progress } = surroundings;
  const world = await openWorld(surroundings, 'audit-seal');
  progress(`seal: ${count} events are written`);
  await insertEvents(world, count);
  let sealed = 0;
  const ms = await timed(async () => {
    sealed = await sealAll(world);
  });
  if (sealed < count) throw new Error(`only ${sealed} rows were sealed`);
  return [
    { what: `rows sealed, of ${sealed}`, value: Math.round((sealed * 1_000) / ms), unit: '/s', goal: { least: GOAL } },
    { what: 'a batch of 2000 rows', value: round((ms * 2_000) / sealed, 1), unit: 'ms' },
  ];
};
