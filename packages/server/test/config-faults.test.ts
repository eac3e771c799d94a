// engine: postgres
/** A server that is killed at any moment leaves values, history, counts, audit log and events that fit together. */
import { randomInt } from 'node:crypto';
import { testDatabase } from '@tenant-registry/db/testing';
import { startEtcd } from '@tenant-registry/etcd/testing';
import { expect, onTestFinished, test } from 'vitest';
import { provenEtcd } from './replicas/config-etcd.ts';
import { type ConfigFaultReport, runConfigFaults } from './replicas/config-faults.ts';
import { postgresStore } from './replicas/config-fleet.ts';
import { etcdIsMissing, withoutEtcd } from './support/etcd-store.ts';

const KILLS = 4;

function expectWhole({ seed, contradictions, acknowledged, versions }: ConfigFaultReport): void {
  expect({ seed, contradictions }).toEqual({ seed, contradictions: [] });
  expect(acknowledged.put + acknowledged.overwrite).toBeGreaterThan(0);
  expect(versions).toBeGreaterThanOrEqual(acknowledged.put + acknowledged.overwrite);
}

// proves B11, B12, B16
test('in the database, each version has one row in the history, one audit row and one event', async () => {
  const database = await testDatabase();
  onTestFinished(() => database.close());
  const seed = randomInt(1_000_000);
  const { url = '', db } = database;
  expectWhole(await runConfigFaults({ url, db, store: postgresStore(), kills: KILLS, seed }));
});

// proves B10, B11, B12, B16
test.skipIf(etcdIsMissing)(
  `in etcd, they have them too, and nothing waits for the relay in the end, which was killed as well${withoutEtcd}`,
  async () => {
    const [database, cluster] = await Promise.all([testDatabase(), startEtcd()]);
    onTestFinished(async () => {
      await Promise.all([database.close(), cluster.stop()]);
    });
    const seed = randomInt(1_000_000);
    const { url = '', db } = database;
    expectWhole(await runConfigFaults({ url, db, store: await provenEtcd(url, cluster), kills: KILLS, seed }));
  },
);
