// engine: postgres
/** Clients of several servers are told versions as one register would tell them, whatever dies meanwhile. */
import { randomInt } from 'node:crypto';
import { type TestDatabase, testDatabase } from '@tenant-registry/db/testing';
import { startEtcd } from '@tenant-registry/etcd/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createChances } from './replicas/chances.ts';
import { etcdRounds, inRounds, killServer } from './replicas/config-disturbances.ts';
import { provenEtcd } from './replicas/config-etcd.ts';
import { type ProvenStore, postgresStore, startConfigReplicas } from './replicas/config-fleet.ts';
import { type ConfigRegisterReport, prepareRegisters, runConfigRegister } from './replicas/config-register.ts';
import { disturbed } from './replicas/disturbances.ts';
import { etcdIsMissing, withoutEtcd } from './support/etcd-store.ts';

/** And on, until each kind of write got through so often. */
const size = { operations: 1_500, seenMin: 11 };

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
  expect(Math.min(...Object.values(writes))).toBeGreaterThanOrEqual(size.seenMin);
}

// proves B15, B16, B17, B18
test('in the database, while servers are killed and started again', async () => {
  const database = await testDatabase();
  onTestFinished(() => database.close());
  const [store, seed] = [postgresStore(), randomInt(1_000_000)];
  const [replicas, chances] = [await start(database, store), createChances(seed)];
  const registers = await prepareRegisters(replicas);
  const rounds = inRounds([killServer(replicas, chances)], { chances, pauseMs: 500 });
  const report = await disturbed(rounds, () =>
    runConfigRegister({ replicas, registers, store, db: database.db, ...size, seed, repeats: true }),
  );
  expectRegister(report);
});

// proves B10, B17, B18, B20, B21, B22
test.skipIf(etcdIsMissing)(
  `in etcd, while members are killed, stopped and cut from each other, and servers are killed${withoutEtcd}`,
  async () => {
    const [database, cluster] = await Promise.all([testDatabase(), startEtcd({ members: 3 })]);
    onTestFinished(async () => {
      await Promise.all([database.close(), cluster.stop()]);
    });
    const seed = randomInt(1_000_000);
    const store = await provenEtcd(database.url ?? '', cluster);
    const [replicas, chances] = [await start(database, store), createChances(seed)];
    const registers = await prepareRegisters(replicas);
    const each = [killServer(replicas, chances), ...etcdRounds(cluster, { chances, lastsMs: 1_500 })];
    const report = await disturbed(inRounds(each, { chances, pauseMs: 500 }), () =>
      runConfigRegister({ replicas, registers, store, db: database.db, ...size, seed, repeats: true }),
    );
    expectRegister(report);
    expect(await store.contradictions(database.db)).toEqual([]);
  },
);
