/** What watchers of a project hear of 10,000 changes over connections that are cut at random, on each store. */
import { randomInt } from 'node:crypto';
import { runConfigWatchers } from '../../../packages/server/test/replicas/config-watchers.ts';
import { startServer } from '../../../packages/server/test/support/server-process.ts';
import { type Store, stores } from './product.ts';
import { openProven } from './register.ts';
import type { Figure, Surroundings } from './section.ts';

const CHANGES = 10_000;

/** Writes the changes on each store. Contradictions are said with the seed of the run. */
export async function measureCuts(surroundings: Surroundings): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const store of stores) {
    await using own = new AsyncDisposableStack();
    figures.push(...(await onStore({ ...surroundings, stack: own }, store)));
  }
  return figures;
}

async function onStore(surroundings: Surroundings, name: Store): Promise<readonly Figure[]> {
  const { stack, progress } = surroundings;
  const { database, store, url } = await openProven(surroundings, name);
  const server = await startServer(url, store.env);
  stack.defer(async () => {
    server.child.kill('SIGKILL');
    await server.ended;
  });
  const seed = randomInt(1_000_000);
  progress(`${name}: ${CHANGES} changes, seed ${seed}`);
  const report = await runConfigWatchers({
    ...{ address: server.address, db: database.db, store, changes: CHANGES, seed },
    progress: (done) => progress(`${name}: ${done} of ${CHANGES} changes`),
  });
  for (const sentence of report.contradictions) progress(`${name}, seed ${seed}: ${sentence}`);
  const { watchers, versions, cuts, torn, contradictions } = report;
  const count = (what: string, value: number): Figure => ({ what: `${name}: ${what}`, value, unit: '' });
  return [
    { ...count('what watchers heard unlike the history', contradictions.length), goal: { most: 0 } },
    count('watchers', watchers),
    count('versions', versions),
    count('cuts', cuts),
    count('cuts in the middle of a revision', torn),
  ];
}
