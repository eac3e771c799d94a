// engine: postgres
/** A network that others change meanwhile: who waits holds no connection, waits only so long, and may leave. */
import { networks, openDatabase } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  addressesIn,
  allocated,
  hosts,
  networkContext,
  newNetworkRows,
  nodeOf,
  refusalOf,
} from '../../../../test/support/network-rows.ts';
import { startTestServer, type TestServer } from '../../../../test/support/server.ts';
import { createTurns } from '../../../kernel/turns.ts';
import { networkErrors } from '../errors.ts';

/** One replica waits long, the other hardly. */
let [patient, hasty]: readonly TestServer[] = [];
beforeAll(async () => {
  const database = await testDatabase();
  if (database.url === undefined) throw new Error('this test needs PostgreSQL');
  patient = await startTestServer({ database, meshWaitMs: 240_000 });
  hasty = await startTestServer({ database: await openDatabase({ url: database.url }), meshWaitMs: 50 });
});
afterAll(async () => {
  await hasty?.close();
  await patient?.close();
});

function replicas() {
  if (patient === undefined || hasty === undefined) throw new Error('the replicas start before the first test');
  return { patient: patient.app.deps, hasty: hasty.app.deps };
}

/** Holds the network in a session of the hasty replica. */
async function hold(tenantId: string) {
  const holder = await replicas().hasty.db.startTransaction().execute();
  await networks.lockNetwork(holder, tenantId);
  return () => holder.rollback().execute();
}

// proves C26
test('two replicas that allocate at once give each address once', async () => {
  const { patient, hasty } = replicas();
  const network = await newNetworkRows(patient, { cidr: '10.9.0.0/20', projects: 2, nodes: 80 });
  // Turns count for one process, so the second replica has its own, of the same patience.
  const networkTurns = createTurns({ name: 'second', waitMs: 240_000, refused: networkErrors.allocatorContention });
  const second = { ...networkContext(hasty), networkTurns };
  const half = (ctx: ReturnType<typeof networkContext>, from: number) =>
    Promise.all(network.nodes.filter((_, index) => index % 2 === from).map((holder) => allocated(ctx, holder)));
  await Promise.all([half(networkContext(patient), 0), half(second, 1)]);
  expect(await addressesIn(patient.db, network.tenant_id)).toEqual(hosts(80));
});

test('a network that is held for longer than MESH_WAIT_MS answers allocator_contention, and to try again', async () => {
  const { hasty } = replicas();
  const network = await newNetworkRows(hasty, { cidr: '10.9.0.0/28', projects: 1, nodes: 2 });
  const letGo = await hold(network.tenant_id);
  const contention = { code: 'allocator_contention', retryAfter: 1 };
  const attempts = network.nodes.map((holder) => refusalOf(allocated(networkContext(hasty), holder)));
  for (const refusal of await Promise.all(attempts)) expect(refusal).toMatchObject(contention);
  await letGo();
  expect(await addressesIn(hasty.db, network.tenant_id)).toEqual([]);
});

test('of 64 callers that wait for a network one holds a connection; other tenants go on, and so do all when it is free', async () => {
  const { patient } = replicas();
  const network = await newNetworkRows(patient, { cidr: '10.9.0.0/20', projects: 1, nodes: 64 });
  const other = await newNetworkRows(patient, { cidr: '10.9.0.0/28', projects: 1, nodes: 1 });
  const letGo = await hold(network.tenant_id);
  const ctx = networkContext(patient);
  const waiting = network.nodes.map((holder) => allocated(ctx, holder));
  const { gate } = patient.networkTurns;
  expect(gate.load()).toMatchObject({ running: 1, waiting: 63 });
  const waitingFor = async () => {
    const { rows } = await sql<{ sessions: number }>`
      select count(*) as sessions from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'advisory'`.execute(patient.db);
    return rows[0]?.sessions;
  };
  await expect.poll(waitingFor).toBe(1);
  const { total, idle, waiting: queued } = patient.database.connections();
  expect(total - idle).toBe(1);
  expect(queued).toBe(0);
  expect((await allocated(ctx, nodeOf(other, 0))).ip).toBe('10.9.0.1');
  await letGo();
  await Promise.all(waiting);
  expect(await addressesIn(patient.db, network.tenant_id)).toEqual(hosts(64));
  expect(gate.load()).toMatchObject({ running: 0, waiting: 0, tenantEntries: 0 });
});

test('a caller that leaves gives up its turn, and its node gets no address', async () => {
  const { patient } = replicas();
  const network = await newNetworkRows(patient, { cidr: '10.9.0.0/28', projects: 1, nodes: 3 });
  const letGo = await hold(network.tenant_id);
  const ctx = networkContext(patient);
  const leaving = new AbortController();
  const first = allocated(ctx, nodeOf(network, 0));
  const left = allocated({ ...ctx, signal: leaving.signal }, nodeOf(network, 1)).catch((error: unknown) => error);
  const last = allocated(ctx, nodeOf(network, 2));
  const reason = new Error('the caller has left');
  leaving.abort(reason);
  expect(await left).toBe(reason);
  await letGo();
  expect([(await first).ip, (await last).ip]).toEqual(['10.9.0.1', '10.9.0.2']);
});
