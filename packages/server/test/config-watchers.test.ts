// engine: postgres
/** Watchers whose connections are cut at random hear each change once, in order, and those of one write together. */
import { randomInt } from 'node:crypto';
import { testDatabase } from '@tenant-registry/db/testing';
import { startEtcd } from '@tenant-registry/etcd/testing';
import { expect, onTestFinished, test } from 'vitest';
import { provenEtcd } from './replicas/config-etcd.ts';
import { type ProvenStore, postgresStore } from './replicas/config-fleet.ts';
import { runConfigWatchers } from './replicas/config-watchers.ts';
import { etcdIsMissing, withoutEtcd } from './support/etcd-store.ts';
import { startServer } from './support/server-process.ts';

const CHANGES = 600;

async function run(storeOf: (url: string) => Promise<ProvenStore>): Promise<void> {
  const database = await testDatabase();
  const { db, url = '' } = database;
  const store = await storeOf(url);
  const server = await startServer(url, store.env);
  onTestFinished(async () => {
    server.child.kill('SIGKILL');
    await server.ended;
    await database.close();
  });
  const seed = randomInt(1_000_000);
  const report = await runConfigWatchers({ address: server.address, db, store, changes: CHANGES, seed });
  expect({ seed, contradictions: report.contradictions }).toEqual({ seed, contradictions: [] });
  expect(report.versions).toBeGreaterThanOrEqual(CHANGES);
  expect(report.cuts).toBeGreaterThan(5);
}

// proves B21
test('in the database', () => run(async () => postgresStore()));

// proves B21
test.skipIf(etcdIsMissing)(`in etcd${withoutEtcd}`, () =>
  run(async (url) => {
    const cluster = await startEtcd();
    onTestFinished(() => cluster.stop());
    return provenEtcd(url, cluster);
  }),
);
