import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import type { Listener } from '../../src/listener.ts';
import {
  appendReplicaMarks,
  deleteReplicaLease,
  deleteReplicaMarks,
  insertReplicaLease,
  LEASE_CHANNEL,
  listOpenMarks,
  listReplicaMarks,
} from '../../src/queries/replica-leases.ts';
import { testDatabase } from '../../src/testing.ts';
import { refusal } from '../support.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());

/** Makes a lease that ends with the running test. */
async function newLease(): Promise<string> {
  const id = randomUUID();
  await insertReplicaLease(db, id, 1_000);
  onTestFinished(() => deleteReplicaLease(db, id));
  return id;
}

const mark = (tenantIds: readonly string[], own: string | null = null) =>
  db.transaction().execute((tx) => appendReplicaMarks(tx, tenantIds, own));

async function listen(onNotification: (payload: string) => void): Promise<Listener> {
  const listener = await database.listen({ channels: { [LEASE_CHANNEL]: onNotification }, silenceMsMax: 60_000 });
  onTestFinished(() => listener.close());
  return listener;
}

test('a change marks every lease but its own, until it is acknowledged', async () => {
  const [own, other] = [await newLease(), await newLease()];
  const tenantIds = [randomUUID(), randomUUID()];
  const [placed] = await mark(tenantIds, own);
  expect(placed).toMatchObject({ replica_id: other, lease_ms: 1_000 });
  const id = placed?.id ?? '';
  expect(await listReplicaMarks(db, own)).toEqual([]);
  expect(await listReplicaMarks(db, other)).toEqual([{ id, tenant_ids: tenantIds }]);
  expect(await listOpenMarks(db, [id])).toEqual([{ id, replica_id: other, acks: 0 }]);
  expect(await deleteReplicaMarks(db, other, [id])).toBe(true);
  expect(await listOpenMarks(db, [id])).toEqual([]);
});

test('a lease that has ended has no marks, is not waited for, and acknowledges nothing', async () => {
  const lease = await newLease();
  const [placed] = await mark([randomUUID()]);
  await deleteReplicaLease(db, lease);
  expect(await listReplicaMarks(db, lease)).toBeUndefined();
  expect(await listOpenMarks(db, [placed?.id ?? ''])).toEqual([]);
  expect(await deleteReplicaMarks(db, lease, [placed?.id ?? ''])).toBe(false);
  expect(await db.selectFrom('replica_marks').selectAll().execute()).toEqual([]);
});

test('a lease is not ended by a replica that saw it before an acknowledgement', async () => {
  const lease = await newLease();
  await deleteReplicaMarks(db, lease, []);
  await deleteReplicaLease(db, lease, 0);
  expect(await listReplicaMarks(db, lease)).toEqual([]);
});

test('a listener hears of a change when it commits, and from which lease', async () => {
  const lease = await newLease();
  const heard: string[] = [];
  await listen((payload) => void heard.push(payload));
  await expect(
    db.transaction().execute(async (tx) => {
      await appendReplicaMarks(tx, [randomUUID()], null);
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  const [own] = [await newLease()];
  await mark([randomUUID()], own);
  await expect.poll(() => heard).toEqual([own]);
  expect(await listReplicaMarks(db, lease)).toHaveLength(1);
});

describe.runIf(inject('engine') === 'postgres')('on PostgreSQL', () => {
  /** Resolves when some connection of this database waits for a lock. */
  async function untilLockIsAwaited(): Promise<void> {
    for (;;) {
      const { rows } = await sql`
        select from pg_stat_activity
        where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`.execute(db);
      if (rows.length > 0) return;
    }
  }

  test('no lease is made while a change that did not see it can still commit', async () => {
    await db.transaction().execute(async (tx) => {
      expect(await appendReplicaMarks(tx, [randomUUID()], null)).toEqual([]);
      expect(await refusal(insertReplicaLease(db, randomUUID(), 1_000))).toMatchObject({ code: '55P03' });
    });
    await newLease();
  });

  test('a change that had to wait for a lease marks it', async () => {
    const id = randomUUID();
    onTestFinished(() => deleteReplicaLease(db, id));
    const { marking } = await db.transaction().execute(async (tx) => {
      await insertReplicaLease(tx, id, 1_000);
      const marking = mark([randomUUID()]);
      await untilLockIsAwaited();
      return { marking };
    });
    expect(await marking).toMatchObject([{ replica_id: id }]);
  });

  test('a change that lingers before its commit holds up no other change, no renewal and no acknowledgement', async () => {
    const lease = await newLease();
    await db.transaction().execute(async (tx) => {
      await appendReplicaMarks(tx, [randomUUID()], null);
      const [placed] = await mark([randomUUID()]);
      expect(await listReplicaMarks(db, lease)).toHaveLength(1);
      expect(await deleteReplicaMarks(db, lease, [placed?.id ?? ''])).toBe(true);
    });
    expect(await listReplicaMarks(db, lease)).toHaveLength(1);
  });

  test('a listener is told that its connection is lost, and the reason', async () => {
    const { lost } = await listen(() => {});
    expect(lost.aborted).toBe(false);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'tenant-registry-listener'`.execute(db);
    await expect.poll(() => lost.aborted).toBe(true);
    expect(String(lost.reason)).toMatch(/terminat/);
  });
});
