// engine: postgres
/** Two processes on one database, as an operator runs them. PGlite has one process, so there it cannot be. */
import { databaseWork, openDatabase } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import type { Provisioner } from '@tenant-registry/provisioner';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import {
  madeBy,
  newReconciler,
  orderDatabases,
  sharedWorld,
  untilAborted,
} from '../../../../test/support/reconciling.ts';
import { startTestServer } from '../../../../test/support/server.ts';
import { startWorkers } from '../../../kernel/worker.ts';
import { reconcileWorker } from './reconcile.worker.ts';

const LIVING = 900;
const DEAD = 100;
/** Nothing ends by time in the test, however slow the machine is. */
const NEVER = { abortMs: 3_600_000, leaseMs: 7_200_000 };

test('a provisioner that does not answer holds up nobody, and each of 1,000 due databases is claimed once', async () => {
  const shared = await testDatabase();
  onTestFinished(() => shared.close());
  const passes: string[] = [];
  const counted = (made: Provisioner): Provisioner => ({
    ...made,
    reconcile(desired, signal) {
      passes.push(desired.id);
      return made.reconcile(desired, signal);
    },
  });
  let hanging = 0;
  const silent = { ...sharedWorld(), reconcile: (_: unknown, signal: AbortSignal) => hang(signal) };
  const hang = (signal: AbortSignal) => {
    hanging += 1;
    return untilAborted(signal);
  };
  const world = sharedWorld();
  const worlds = madeBy({ dead: counted(silent), living: counted(world) });
  const start = async () => startTestServer({ database: await openDatabase({ url: String(shared.url) }), ...worlds });
  const first = await start();
  const replicas = [first, await start()];
  // Of several tenants, for one tenant has a part of the places alone.
  const ordered = async (orders: number, provisioner: string) => {
    const parts = [0, 1, 2, 3].map(() => orderDatabases(first, orders / 4, { provisioner }));
    return (await Promise.all(parts)).flat();
  };
  const [dead, living] = [await ordered(DEAD, 'dead'), await ordered(LIVING, 'living')];
  const running = replicas.map((server) => {
    const reconciler = newReconciler(server, NEVER);
    const worker = { ...reconcileWorker, watchers: () => [], runOnce: () => reconciler.claim() };
    return { reconciler, workers: startWorkers([worker], server.app.deps) };
  });
  const statuses = async (provisioner: string) => {
    const rows = shared.db.selectFrom('databases').select('status').where('provisioner', '=', provisioner);
    return Object.groupBy(await rows.execute(), ({ status }) => status);
  };
  await eventually(async () => expect((await statuses('living')).ready).toHaveLength(LIVING));
  // Four of each process, and none of them has ended.
  expect(hanging).toBe(8);
  expect((await statuses('dead')).provisioning).toHaveLength(DEAD);
  const ofLiving = passes.filter((id) => !dead.includes(id));
  expect([...ofLiving].sort()).toEqual([...living].sort());
  expect(new Set(passes).size).toBe(passes.length);
  for (const { reconciler, workers } of running) {
    await workers.stop();
    await reconciler.close();
  }
  const leased = shared.db.selectFrom('database_work').select('database_id').where('lease_id', 'is not', null);
  expect(await leased.execute()).toEqual([]);
  const told = shared.db.selectFrom('audit_log').select('target_id').where('action', '=', 'database.ready');
  expect((await told.execute()).map(({ target_id }) => target_id).sort()).toEqual([...living].sort());
  for (const server of replicas) await server.close();
});

test('a database that another transaction holds is not waited for when a watch tells of it, and tried again', async () => {
  const server = await startTestServer(madeBy({ living: sharedWorld() }));
  const ids = await orderDatabases(server, 2, { provisioner: 'living' });
  const { db, clock } = server.app.deps;
  const later = new Date(clock().getTime() + 60_000);
  await db.updateTable('database_work').set({ next_reconcile_at: later }).execute();
  const holder = await db.startTransaction().execute();
  const held = holder.selectFrom('database_work').select('database_id').where('database_id', '=', String(ids[0]));
  await held.forUpdate().execute();
  const touch = () => db.transaction().execute((tx) => databaseWork.touchDatabasesDue(tx, ids, clock()));
  expect(await touch()).toEqual({ touched: 1, held: [ids[0]] });
  await holder.rollback().execute();
  expect(await touch()).toEqual({ touched: 1, held: [] });
  await server.close();
});
