/** The protocol of leases, on both engines, with a memory that does just what the contract allows. */
import { apiKeys } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { LeaseOptions, Leases } from '../src/kernel/leases.ts';
import { createReplica, type Replica } from './replicas.ts';
import { newTenant, startTestServer, type TestServer } from './support.ts';

let server: TestServer;
let database: Awaited<ReturnType<typeof testDatabase>>;
const started: Leases[] = [];

beforeAll(async () => {
  database = await testDatabase();
  server = await startTestServer(database);
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((leases) => leases.stop()));
});
afterAll(() => server.close());

async function startReplica(options: Partial<LeaseOptions> = {}): Promise<Replica> {
  const replica = createReplica(database, options);
  started.push(replica.leases);
  await replica.leases.start();
  return replica;
}

async function newKey() {
  const { id: tenant_id } = await newTenant(server);
  const { body } = await server.call('POST /v1/api-keys', { body: { tenant_id, name: 'k' } });
  return { id: String(body.id), tenant_id: String(tenant_id), key: String(body.key) };
}

/** As a service does it, with the leases of some replica. */
async function revoke({ leases }: Pick<Replica, 'leases'>, key: { id: string; tenant_id: string }): Promise<void> {
  const marks = await database.db.transaction().execute(async (tx) => {
    await apiKeys.updateApiKey(tx, key.id, { revoked_at: new Date() });
    return leases.mark(tx, [key.tenant_id]);
  });
  await leases.settle([key.tenant_id], marks, 'committed');
}

async function remembers({ reader }: Replica, id: string): Promise<void> {
  expect(await reader.accepts(id)).toBe(true);
  const before = reader.hits();
  expect(await reader.accepts(id)).toBe(true);
  expect(reader.hits()).toBe(before + 1);
}

const markCount = async () => (await database.db.selectFrom('replica_marks').selectAll().execute()).length;

test('a replica that holds a lease answers from memory, and forgets before a change elsewhere is answered', async () => {
  const [a, b, c] = [await startReplica(), await startReplica(), await startReplica()];
  const key = await newKey();
  for (const replica of [a, b, c]) await remembers(replica, key.id);
  await revoke(a, key);
  expect(await Promise.all([a, b, c].map(({ reader }) => reader.accepts(key.id)))).toEqual([false, false, false]);
  expect(await markCount()).toBe(0);
});

test('a change through the API makes every replica forget before it is answered', async () => {
  const other = await startReplica();
  const key = await newKey();
  await remembers(other, key.id);
  expect((await server.call(`DELETE /v1/api-keys/${key.id}`)).status).toBe(204);
  expect(await other.reader.accepts(key.id)).toBe(false);
});

test('a repeated revocation waits for the replicas too: the first may have died before it did', async () => {
  const other = await startReplica();
  const key = await newKey();
  await remembers(other, key.id);
  // Committed and marked, and then the process is gone.
  await database.db.transaction().execute(async (tx) => {
    await apiKeys.updateApiKey(tx, key.id, { revoked_at: new Date() });
  });
  await remembers(other, key.id);
  expect((await server.call(`DELETE /v1/api-keys/${key.id}`)).status).toBe(204);
  expect(await other.reader.accepts(key.id)).toBe(false);
});
