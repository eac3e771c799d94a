// engine: postgres
/** Clients of several servers are told versions as one register would tell them, whatever dies meanwhile. */
import { randomInt } from 'node:crypto';
import { type TestDatabase, testDatabase } from '@tenant-registry/db/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createChances } from './replicas/chances.ts';
import { inRounds, killServer } from './replicas/config-disturbances.ts';
import { type ProvenStore, postgresStore, startConfigReplicas } from './replicas/config-fleet.ts';
import { type ConfigRegisterReport, runConfigRegister } from './replicas/config-register.ts';
import { disturbed } from './replicas/disturbances.ts';

const OPERATIONS = 3_000;

async function start(database: TestDatabase, store: ProvenStore) {
  const replicas = await startConfigReplicas(database.url ?? '', { env: store.env, count: 2 });
  onTestFinished(async () => {
    await Promise.all(replicas.map(({ kill }) => kill()));
  });
  return replicas;
}

/** Each kind of request got through, and nobody was told what no register tells. */
function expectRegister({ violations, seed, reads, writes }: ConfigRegisterReport): void {
  expect({ seed, violations }).toEqual({ seed, violations: [] });
  expect(reads).toBeGreaterThan(100);
  expect(Math.min(...Object.values(writes))).toBeGreaterThan(10);
}

// proves B10, B12, B17, B18
test('in the database, while servers are killed and started again', async () => {
  const database = await testDatabase();
  onTestFinished(() => database.close());
  const [store, seed] = [postgresStore(), randomInt(1_000_000)];
  const [replicas, chances] = [await start(database, store), createChances(seed)];
  const rounds = inRounds([killServer(replicas, chances)], { chances, pauseMs: 500 });
  const report = await disturbed(rounds, () =>
    runConfigRegister({ replicas, store, db: database.db, operations: OPERATIONS, seed }),
  );
  expectRegister(report);
});
