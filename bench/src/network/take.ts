/** Single allocations in networks of which little, much, or much with holes is in use, by turns. */
import { median, round } from '../lib/load.ts';
import type { Section } from './section.ts';
import { contextOf, giveBack, newNetwork, openWorld, take, timed } from './world.ts';

const FEW = 100;
const WARM = 20;
const GOAL = 2;

export const measureTake: Section = async (surroundings) => {
  const { addresses, takes, progress } = surroundings;
  const world = await openWorld(surroundings, 'network-take');
  const holes = Math.floor(addresses / 10);
  const kinds = [
    { name: `${FEW} in use`, wanted: { used: FEW } },
    { name: `${addresses} in use`, wanted: { used: addresses } },
    { name: `${addresses} in use, ${holes} holes`, wanted: { used: addresses, holeEvery: 11 } },
  ];
  const sides = [];
  for (const { name, wanted } of kinds) {
    const network = await newNetwork(world, { ...wanted, spare: 1 });
    sides.push({
      name,
      ctx: contextOf(world, network),
      node: network.spare[0] ?? '',
      taken: [] as number[],
      given: [] as number[],
    });
    progress(`take: ${name}`);
  }
  for (let turn = 0; turn < takes + WARM; turn += 1)
    for (let place = 0; place < sides.length; place += 1) {
      const side = sides[(turn + place) % sides.length];
      if (side === undefined) continue;
      const taken = await timed(() => take(side.ctx, side.node));
      const given = await timed(() => giveBack(side.ctx, side.node));
      if (turn < WARM) continue;
      side.taken.push(taken);
      side.given.push(given);
    }
  const p50 = (times: readonly number[]) => median(times);
  const few = p50(sides[0]?.taken ?? []);
  return [
    ...sides.flatMap(({ name, taken, given }) => [
      { what: `take, ${name}: p50`, value: round(p50(taken), 2), unit: 'ms' },
      { what: `give back, ${name}: p50`, value: round(p50(given), 2), unit: 'ms' },
    ]),
    ...sides.slice(1).map(({ name, taken }) => ({
      what: `take, ${name}: ratio to ${FEW}`,
      value: round(p50(taken) / few, 2),
      unit: '×',
      goal: { most: GOAL },
    })),
  ];
};
