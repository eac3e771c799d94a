// engine: postgres
/** A server that is killed at any message of a pass leaves what the next server brings to its end. */
import { testDatabase } from '@tenant-registry/db/testing';
import { expect, onTestFinished, test } from 'vitest';
import { runDatabaseFaults } from './replicas/database-faults.ts';

/** Of a step's messages; `bench/src/databases.ts` takes each of them. */
const EVERY = 19;

// proves D12, D13, D16, D32
test.each(['create', 'rotate', 'destroy'] as const)(
  'killed at any message of %s, a database comes to its end, each change is told once, and no password is told',
  async (step) => {
    const [database, world] = [await testDatabase(), await testDatabase()];
    onTestFinished(async () => {
      await Promise.all([database.close(), world.close()]);
    });
    const { db, url = '' } = database;
    const { kills, contradictions } = await runDatabaseFaults({
      url,
      db,
      worldUrl: world.url ?? '',
      step,
      every: EVERY,
    });
    expect(contradictions).toEqual([]);
    expect(kills).toBeGreaterThan(1);
  },
);
