/** The protocol of leases, on both engines, with a memory that does just what the contract allows. */
import { replicaLeases } from '@tenant-registry/db';
import { type TestDatabase, testDatabase } from '@tenant-registry/db/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { LeaseOptions, Leases } from '../src/kernel/leases.ts';
import { insertSubject } from './replicas/fleets.ts';
import { createMemoryReplica, type MemoryReplica, type Subject } from './replicas/memory-replica.ts';
import { DAY_MS, entitle, newTenant, runWorker, startTestServer, type TestServer, tenantIn } from './support/server.ts';

let server: TestServer;
let database: TestDatabase;
const started: Leases[] = [];

beforeAll(async () => {
  database = await testDatabase();
  server = await startTestServer({ database });
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((leases) => leases.stop()));
});
afterAll(() => server.close());

async function startReplica(options: Partial<LeaseOptions> = {}): Promise<MemoryReplica> {
  const replica = createMemoryReplica(database, options);
  started.push(replica.leases);
  await replica.leases.start();
  return replica;
}

const leaseIds = async () =>
  (await database.db.selectFrom('replica_leases').select('id').execute()).map(({ id }) => id);
const openMarks = () => database.db.selectFrom('replica_marks').selectAll().execute();
const messages = ({ logs }: MemoryReplica) => logs.map(({ msg }) => msg);

/** It has the key in memory, and answers from there. */
async function expectRemembered({ read, hits }: MemoryReplica, subject: Subject): Promise<void> {
  expect(await read(subject)).toBe(true);
  const before = hits();
  expect(await read(subject)).toBe(true);
  expect(hits()).toBe(before + 1);
}

describe('a change', () => {
  test('is answered when every replica has forgotten what it remembered of the tenant', async () => {
    const replicas = [await startReplica(), await startReplica(), await startReplica()];
    const subject = await insertSubject(database);
    for (const replica of replicas) await expectRemembered(replica, subject);
    await replicas[0]?.write(subject, false);
    for (const { read } of replicas) expect(await read(subject)).toBe(false);
    expect(await openMarks()).toEqual([]);
  });

  test('leaves what is remembered of other tenants', async () => {
    const [a, b] = [await startReplica(), await startReplica()];
    const [changed, other] = [await insertSubject(database), await insertSubject(database)];
    for (const subject of [changed, other]) await expectRemembered(b, subject);
    await a.write(changed, false);
    const before = b.hits();
    expect(await b.read(other)).toBe(true);
    expect(b.hits()).toBe(before + 1);
  });

  test('waits for no replica when there is one, and writes nothing for it', async () => {
    const { leases } = await startReplica();
    const marks = await database.db
      .transaction()
      .execute((tx) => leases.mark(tx, ['00000000-0000-4000-8000-000000000001']));
    expect(marks).toEqual([]);
    await leases.settle([], marks, 'committed');
  });

  test('that was rolled back tells no replica', async () => {
    const [a, b] = [await startReplica(), await startReplica()];
    const subject = await insertSubject(database);
    await expectRemembered(b, subject);
    const failing = database.db.transaction().execute(async (tx) => {
      const marks = await a.leases.mark(tx, [subject.tenant_id]);
      await a.leases.settle([], [], 'committed');
      expect(marks).toHaveLength(1);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await openMarks()).toEqual([]);
    await expectRemembered(b, subject);
  });

  test('of a process that died right after the commit is still forgotten by the others', async () => {
    const [a, b] = [await startReplica(), await startReplica({ leaseMs: 500 })];
    const subject = await insertSubject(database);
    await expectRemembered(b, subject);
    await database.db.transaction().execute(async (tx) => {
      await tx.updateTable('api_keys').set({ revoked_at: new Date() }).where('id', '=', subject.id).execute();
      await a.leases.mark(tx, [subject.tenant_id]);
    });
    await expect.poll(openMarks).toEqual([]);
    expect(await b.read(subject)).toBe(false);
  });

  test('is neither answered nor told before a marked replica has acknowledged it', async () => {
    const [a, b] = [await startReplica(), await startReplica({ leaseMs: 0 })];
    const slow = '00000000-0000-4000-8000-0000000000cc';
    await replicaLeases.insertReplicaLease(database.db, slow, 60_000);
    const subject = await insertSubject(database);
    const order: string[] = [];
    const written = a.write(subject, false).then(() => order.push('answered'));
    await expect.poll(async () => (await openMarks()).length).toBe(1);
    // A reader of the new state has to wait as well.
    const told = b.read(subject).then(() => order.push('told'));
    for (let i = 0; i < 20; i++) await openMarks();
    order.push('acknowledged');
    await replicaLeases.deleteReplicaMarks(
      database.db,
      slow,
      (await openMarks()).map(({ id }) => id),
    );
    await Promise.all([written, told]);
    expect(order[0]).toBe('acknowledged');
    expect(order).toHaveLength(3);
    await replicaLeases.deleteReplicaLease(database.db, slow);
  });

  test('waits once for a replica that is gone: until its lease has run out', async () => {
    const a = await startReplica();
    const gone = '00000000-0000-4000-8000-0000000000aa';
    await replicaLeases.insertReplicaLease(database.db, gone, 300);
    const subject = await insertSubject(database);
    await a.write(subject, false);
    expect(a.logs).toContainEqual(expect.objectContaining({ msg: 'waited for leases to run out', replicas: [gone] }));
    expect(await leaseIds()).not.toContain(gone);
    expect(await openMarks()).toEqual([]);
    await a.write(subject, true);
    expect(messages(a).filter((message) => message === 'waited for leases to run out')).toHaveLength(1);
  });

  test('ends no lease whose holder acknowledged anything since it was looked at', async () => {
    const alive = '00000000-0000-4000-8000-0000000000bb';
    await replicaLeases.insertReplicaLease(database.db, alive, 300);
    expect(await replicaLeases.deleteReplicaMarks(database.db, alive, [])).toBe(true);
    await replicaLeases.deleteReplicaLease(database.db, alive, 0);
    expect(await leaseIds()).toContain(alive);
    await replicaLeases.deleteReplicaLease(database.db, alive, 1);
    expect(await leaseIds()).not.toContain(alive);
    expect(await replicaLeases.deleteReplicaMarks(database.db, alive, [])).toBe(false);
  });
});

describe('a remembered authority', () => {
  test('of a tenant is forgotten before a change here is committed: from then on others may know better', async () => {
    const { leases } = await startReplica();
    const told: unknown[] = [];
    leases.onChange((tenantIds) => told.push(tenantIds));
    const tenantIds = ['00000000-0000-4000-8000-0000000000dd'];
    const marks = await database.db.transaction().execute(async (tx) => {
      const placed = await leases.mark(tx, tenantIds);
      expect(told).toEqual([tenantIds]);
      return placed;
    });
    await leases.settle(tenantIds, marks, 'committed');
    expect(told).toEqual([tenantIds, tenantIds]);
  });
});

describe('a read authority', () => {
  test('before a change and arrives after it is not remembered, wherever the change is made', async () => {
    const [a, b] = [await startReplica(), await startReplica()];
    const subject = await insertSubject(database);
    const before = [a, b].map(({ leases }) => leases.generation());
    await a.write(subject, false);
    expect(a.leases.generation()).not.toBe(before[0]);
    expect(b.leases.generation()).not.toBe(before[1]);
  });

  test('while a change is being committed here is not remembered, whenever it arrives', async () => {
    const { leases } = await startReplica();
    await database.db.transaction().execute((tx) => leases.mark(tx, []));
    const during = leases.generation();
    expect(leases.generation()).not.toBe(during);
    await leases.settle([], [], 'committed');
    const after = leases.generation();
    expect(after).not.toBe(during);
    expect(leases.generation()).toBe(after);
  });
});

describe('a lease', () => {
  test('is not held before the start, nor when it is switched off, and then every answer is read', async () => {
    const off = await startReplica({ leaseMs: 0 });
    const idle = createMemoryReplica(database);
    const subject = await insertSubject(database);
    for (const { leases, read, hits } of [off, idle]) {
      expect(leases.held()).toBe(false);
      await read(subject);
      expect(await read(subject)).toBe(true);
      expect(hits()).toBe(0);
    }
    await idle.write(subject, false);
    expect(await off.read(subject)).toBe(false);
  });

  test('is not held while the replica cannot listen, and the log says so once', async () => {
    const replica = createMemoryReplica({ db: database.db, listen: () => Promise.reject(new Error('not now')) });
    await replica.leases.start();
    expect(replica.leases.held()).toBe(false);
    await replica.leases.stop();
    expect(messages(replica)).toEqual(['authority lease not acquired']);
  });

  test('that another replica has ended is acquired anew, and nothing of before is remembered', async () => {
    const a = await startReplica({ leaseMs: 500 });
    const subject = await insertSubject(database);
    await expectRemembered(a, subject);
    const [before] = await leaseIds();
    await replicaLeases.deleteReplicaLease(database.db, before ?? '');
    await expect
      .poll(() => messages(a))
      .toEqual(['authority lease acquired', 'authority lease lost', 'authority lease acquired']);
    const hits = a.hits();
    await a.read(subject);
    expect(a.hits()).toBe(hits);
    expect(await leaseIds()).not.toContain(before);
  });

  test('is given up when the outcome of a commit is unknown, and acquired anew', async () => {
    const a = await startReplica();
    const subject = await insertSubject(database);
    await expectRemembered(a, subject);
    const [before] = await leaseIds();
    const marks = await database.db.transaction().execute((tx) => a.leases.mark(tx, [subject.tenant_id]));
    const settled = a.leases.settle([subject.tenant_id], marks, 'unknown');
    expect(a.leases.held()).toBe(false);
    await settled;
    await expect.poll(() => a.leases.held()).toBe(true);
    expect(await leaseIds()).toHaveLength(1);
    expect(await leaseIds()).not.toContain(before);
    expect(a.logs).toContainEqual(expect.objectContaining({ reason: 'the outcome of a commit is unknown' }));
  });

  test('is given back at the stop', async () => {
    const { leases } = await startReplica();
    expect(await leaseIds()).toHaveLength(1);
    await leases.stop();
    expect(leases.held()).toBe(false);
    expect(await leaseIds()).toEqual([]);
  });
});

describe('the API', () => {
  /** The tenants that another replica was told of by the time that the work had an answer. */
  async function toldBy(work: () => Promise<unknown>): Promise<ReadonlySet<string>> {
    const { leases } = await startReplica();
    const told = new Set<string>();
    leases.onChange((tenantIds) => {
      for (const id of tenantIds ?? []) told.add(id);
    });
    await work();
    return told;
  }

  type Change = (tenantId: string, keyId: string) => [operation: string, body?: unknown];
  const changes: Readonly<Record<string, Change>> = {
    'a revocation': (_, key) => [`DELETE /v1/api-keys/${key}`],
    'a rotation': (_, key) => [`POST /v1/api-keys/${key}/rotate`, { grace_seconds: 60 }],
    'a freeze': (tenant) => [`POST /v1/tenants/${tenant}/cancel`],
    'new terms': (tenant) => [`PATCH /v1/tenants/${tenant}`, { plan: 'basic' }],
    'an entitlement': (tenant) => ['PUT /v1/entitlements', { tenant_id: tenant, product: 'certifai' }],
    'a trial': (tenant) => ['POST /v1/catalog/trial-request', { tenant_id: tenant, product: 'certifai' }],
  };

  test.for(Object.entries(changes))('%s is known to every replica before it is answered', async ([, change]) => {
    const tenant = await tenantIn(server, 'active');
    const { body: key } = await server.call('POST /v1/api-keys', { body: { tenant_id: tenant.id, name: 'k' } });
    const [operation, body] = change(tenant.id, key.id);
    const told = await toldBy(async () => {
      const { status } = await server.call(operation, { body });
      expect(status).toBeLessThan(300);
    });
    expect([...told]).toEqual([tenant.id]);
  });

  test('a tenant that is deleted is forgotten', async () => {
    const tenant = await tenantIn(server, 'archived');
    expect([...(await toldBy(() => server.call(`DELETE /v1/tenants/${tenant.id}`)))]).toEqual([tenant.id]);
  });

  test('a change that neither takes nor gives authority tells no replica', async () => {
    const told = await toldBy(async () => {
      const tenant = await newTenant(server);
      await server.call('POST /v1/api-keys', { body: { tenant_id: tenant.id, name: 'k' } });
    });
    expect([...told]).toEqual([]);
  });

  test('a repetition that changes nothing waits like the first, which may have died before it did', async () => {
    const tenant = await tenantIn(server, 'active');
    const { body: key } = await server.call('POST /v1/api-keys', { body: { tenant_id: tenant.id, name: 'k' } });
    await server.call(`DELETE /v1/api-keys/${key.id}`);
    await entitle(server, tenant.id);
    expect([...(await toldBy(() => server.call(`DELETE /v1/api-keys/${key.id}`)))]).toEqual([tenant.id]);
    expect([...(await toldBy(() => entitle(server, tenant.id)))]).toEqual([tenant.id]);
  });

  test('a worker that freezes many tenants at once tells of each', async () => {
    const tenants = [await tenantIn(server, 'trial'), await tenantIn(server, 'trial')];
    server.clock.advance(60 * DAY_MS);
    const told = await toldBy(() => runWorker(server, 'tenant-trial-end'));
    for (const { id } of tenants) expect([...told]).toContain(id);
  });
});
