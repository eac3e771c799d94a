/** What a server leaves behind that is killed many times while configurations are written, on each store. */
import { randomInt } from 'node:crypto';
import { type ConfigFaultReport, runConfigFaults } from '../../../packages/server/test/replicas/config-faults.ts';
import { type Store, stores } from './product.ts';
import { openProven } from './register.ts';
import type { Figure, Surroundings } from './section.ts';

/** Kills the server so often on each store. Contradictions are said with the seed of the run. */
export async function measureKills(surroundings: Surroundings): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const store of stores) {
    await using own = new AsyncDisposableStack();
    figures.push(...(await onStore({ ...surroundings, stack: own }, store)));
  }
  return figures;
}

async function onStore(surroundings: Surroundings, name: Store): Promise<readonly Figure[]> {
  const { kills, progress } = surroundings;
  const { database, store, url } = await openProven(surroundings, name);
  const seed = randomInt(1_000_000);
  progress(`${name}: ${kills} kills, seed ${seed}`);
  const told = (done: number) => done % 10 === 0 && progress(`${name}: ${done} of ${kills} kills`);
  const report = await runConfigFaults({ url, db: database.db, store, kills, seed, progress: told });
  for (const sentence of report.contradictions) progress(`${name}, seed ${seed}: ${sentence}`);
  return figuresOf(name, report);
}

function figuresOf(store: Store, { kills, acknowledged, unanswered, versions, contradictions }: ConfigFaultReport) {
  const count = (what: string, value: number): Figure => ({ what: `${store}: ${what}`, value, unit: '' });
  return [
    { ...count('contradictions', contradictions.length), goal: { most: 0 } },
    count('kills', kills),
    ...Object.entries(acknowledged).map(([kind, value]) => count(`answered with success: ${kind}`, value)),
    count('requests without an answer', unanswered),
    count('versions', versions),
  ];
}
