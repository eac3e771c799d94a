/** A server that dies at each message of a pass, on a real server of PostgreSQL: what does not fit together in the end. */
import { migrateUp, openDatabase } from '@tenant-registry/db';
import { runDatabaseFaults } from '../../../packages/server/test/replicas/database-faults.ts';
import type { Section } from './section.ts';

export const measureFaults: Section = async ({ databases, stack, every, progress }) => {
  const figures = [];
  for (const step of ['create', 'rotate', 'destroy'] as const) {
    const [url, worldUrl] = [
      await databases.createDatabase(`databases_faults_${step}`),
      await databases.createDatabase(`databases_world_${step}`),
    ];
    const { db, close } = await openDatabase({ url });
    stack.defer(() => close());
    await migrateUp(db);
    const told = (kills: number) => progress(`faults: ${step}, ${kills} kills`);
    const { kills, contradictions } = await runDatabaseFaults({ url, db, worldUrl, step, every, progress: told });
    for (const contradiction of contradictions) progress(`contradiction: ${contradiction}`);
    figures.push(
      { what: `${step}: SIGKILL at a message of the pass`, value: kills, unit: '' },
      { what: `${step}: contradictions`, value: contradictions.length, unit: '', goal: { most: 0 } },
    );
  }
  return figures;
};
