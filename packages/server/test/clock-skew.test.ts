// engine: postgres
/** A replica whose clock is wrong, on a database whose clock is right. */
import { randomUUID } from 'node:crypto';
import type { DatabaseHandle } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY_MS, newTenant, startTestServer, type TestServer, tenantIn, uniqueSlug } from './support/server.ts';

let database: DatabaseHandle;
/** Its clock is right. */
let server: TestServer;
beforeAll(async () => {
  database = await testDatabase();
  server = await startTestServer({ database, processClock: () => new Date() });
});
afterAll(() => server.close());

/** A second replica on the database; it leaves the database open. */
async function startReplica(aheadMs: number) {
  const skew = { aheadMs };
  const processClock = () => new Date(Date.now() + skew.aheadMs);
  const replica = await startTestServer({ database: { ...database, close: async () => {} }, processClock });
  return { replica, skew };
}

const readiness = async ({ url }: TestServer) => {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, body: await response.json() };
};
const READY = { status: 200, body: { status: 'ok' } };
const WRONG_CLOCK = { status: 503, body: { status: 'unavailable', failing: ['clock'] } };

const linesAbout = ({ logs }: TestServer) =>
  logs.map((line) => JSON.parse(line)).filter(({ msg }) => msg.startsWith('the clock of this process'));

/** Everything that time will end, but not yet. */
async function perishable() {
  const [trial, frozen, body] = [
    await newTenant(server),
    await tenantIn(server, 'frozen'),
    { slug: uniqueSlug(), name: 'Once' },
  ];
  const headers = { 'idempotency-key': randomUUID() };
  const made = await server.call('POST /v1/tenants', { body, headers });
  const expires_at = new Date(Date.now() + DAY_MS).toISOString();
  const key = await server.call('POST /v1/api-keys', { body: { tenant_id: trial.id, name: 'k', expires_at } });
  return { trial, frozen, repeated: { body, headers }, made, key: key.body.key };
}

/** Asks the replica as a client would, and lets its workers have every chance. */
async function expectAlive(replica: TestServer, { trial, frozen, repeated, made, key }: Perishable) {
  const again = await replica.call('POST /v1/tenants', repeated);
  expect([again.status, again.headers.get('idempotency-replayed'), again.body.id]).toEqual([201, 'true', made.body.id]);
  for (const { name, runOnce } of replica.app.workers) {
    await runOnce(replica.app.deps, AbortSignal.timeout(60_000));
    expect((await server.call(`GET /v1/tenants/${trial.id}`)).body.status, name).toBe('trial');
    expect((await server.call(`GET /v1/tenants/${frozen.id}`)).body.status, name).toBe('frozen');
  }
  const verdict = await replica.call('POST /v1/internal/api-keys/verify', {
    token: replica.internalToken,
    body: { key },
  });
  expect(verdict.body.code).toBe('valid');
  expect((await replica.call('POST /v1/tenants', repeated)).headers.get('idempotency-replayed')).toBe('true');
}

type Perishable = Awaited<ReturnType<typeof perishable>>;

test('a replica that starts 40 days ahead freezes, archives and forgets nothing, is not ready and says why, until its clock is right', async () => {
  const things = await perishable();
  const { replica, skew } = await startReplica(40 * DAY_MS);
  expect(await readiness(replica)).toEqual(WRONG_CLOCK);
  expect(linesAbout(replica)).toMatchObject([{ level: 'error', toleranceMs: 5_000 }]);
  expect(Math.round(linesAbout(replica)[0].aheadMs / DAY_MS)).toBe(40);
  expect(await replica.app.deps.registryClock.agrees()).toBe(false);
  await expectAlive(replica, things);
  skew.aheadMs = 0;
  expect(await readiness(replica)).toEqual(READY);
  expect(linesAbout(replica).slice(1)).toMatchObject([{ level: 'info' }]);
  await replica.close();
});

test('a replica whose clock jumps 40 days while it runs does the same', async () => {
  const things = await perishable();
  const { replica, skew } = await startReplica(0);
  expect(await readiness(replica)).toEqual(READY);
  skew.aheadMs = 40 * DAY_MS;
  expect(await readiness(replica)).toEqual(WRONG_CLOCK);
  await expectAlive(replica, things);
  await replica.close();
});

test('what a replica with a wrong clock writes carries the time of the database', async () => {
  const { replica } = await startReplica(-40 * DAY_MS);
  const tenant = await newTenant(replica);
  const { rows } = await ageOf(tenant.id);
  expect(rows).toHaveLength(2);
  for (const { seconds } of rows) expect(Math.abs(Number(seconds))).toBeLessThan(3_600);
  await replica.close();
});

/** How long ago, by the database, the tenant and its audit row were made. */
function ageOf(id: string) {
  return sql<{ seconds: string }>`
    select extract(epoch from clock_timestamp() - created_at) as seconds from tenants where id = ${id}
    union all
    select extract(epoch from clock_timestamp() - occurred_at) from audit_log where target_id = ${id}`.execute(
    database.db,
  );
}

test('a process with a wrong clock offers its distance as a figure', async () => {
  const { replica } = await startReplica(3_600_000);
  const metrics = await replica.app.deps.metrics.registry.metrics();
  const [, seconds] = /^tenant_registry_clock_ahead_seconds (\S+)$/m.exec(metrics) ?? [];
  expect(Math.round(Number(seconds) / 60)).toBe(60);
  await replica.close();
});
