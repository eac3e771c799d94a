// engine: postgres
import { type Tx, webhookQueue } from '@tenant-registry/db';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import {
  attemptsOf,
  changeThings,
  deliveriesOf,
  endpointRow,
  newEndpoint,
  newEngine,
  type Received,
  startReceiver,
  toLoopback,
} from '../../../../test/support/deliveries.ts';
import { newTenant, runWorker, startTestServer, testServer } from '../../../../test/support/server.ts';
import { newWebhook } from '../../../../test/support/webhooks.ts';

const server = testServer({ outbound: toLoopback });

async function setUp(things: readonly string[] = ['a']) {
  const receiver = await startReceiver();
  const tenant_id: string = (await newTenant(server)).id;
  const endpoint = await newEndpoint(server, { tenant_id, url: receiver.url });
  const ids = await changeThings(server, tenant_id, things);
  return { receiver, tenant_id, endpoint, ids };
}

const inTransaction = <T>(work: (tx: Tx) => Promise<T>) => server.app.deps.db.transaction().execute(work);
const setEndpoint = (id: string, fields: object) =>
  server.app.deps.db.updateTable('webhook_endpoints').set(fields).where('id', '=', id).execute();

test('a claimed endpoint is one process’s until its lease runs out; then another repeats what was not recorded, with its id', async () => {
  const { receiver, endpoint, ids } = await setUp();
  const crashed = newEngine(server);
  // The process is gone for the others: its attempt stays without an answer, and nothing of it is recorded.
  receiver.answer(() => {});
  await crashed.claim();
  await expect.poll(() => receiver.received.length).toBe(1);
  receiver.answer((response) => response.end());
  const other = newEngine(server);
  await other.run();
  expect(receiver.received).toHaveLength(1);
  await setEndpoint(endpoint, { lease_until: new Date(0).toISOString() });
  await other.run();
  expect(receiver.received.map(({ id }) => id)).toEqual([ids[0], ids[0]]);
  expect(await deliveriesOf(server, endpoint)).toMatchObject([{ state: 'succeeded', attempts: 1 }]);
});

test('a process that lost its lease writes nothing any more', async () => {
  const { receiver, endpoint } = await setUp();
  const late = newEngine(server);
  let answerLate = () => {};
  receiver.answer((response) => {
    answerLate = () => response.end();
  });
  await late.claim();
  await expect.poll(() => receiver.received.length).toBe(1);
  const taken = '01890000-0000-7000-8000-00000000000a';
  await setEndpoint(endpoint, { lease_id: taken });
  answerLate();
  await late.idle();
  expect(await deliveriesOf(server, endpoint)).toMatchObject([{ state: 'pending', attempts: 0 }]);
  expect(await attemptsOf(server, endpoint)).toEqual([]);
  expect(await endpointRow(server, endpoint)).toMatchObject({ lease_id: taken, last_ok_ms: null });
});

test('closing ends the attempts under way as if they had not been made, and gives the leases back', async () => {
  const { receiver, endpoint } = await setUp(['a', 'b', 'c']);
  receiver.answer(() => {});
  const engine = newEngine(server);
  await engine.claim();
  await expect.poll(() => receiver.received.length).toBe(3);
  await engine.close();
  await expect.poll(() => receiver.sockets.size).toBe(0);
  const row = await endpointRow(server, endpoint);
  expect(row).toMatchObject({ lease_id: null, lease_until: null, failures: 0 });
  expect(row.next_at).not.toBeNull();
  expect(await attemptsOf(server, endpoint)).toEqual([]);
  expect(await engine.claim()).toBe(0);
  receiver.answer((response) => response.end());
  await newEngine(server).run();
  expect((await deliveriesOf(server, endpoint)).map(({ state, attempts }) => [state, attempts])).toEqual(
    Array(3).fill(['succeeded', 1]),
  );
});

test('an endpoint that was disabled or deleted in the middle of a turn gets nothing more', async () => {
  for (const end of ['disabled', 'deleted']) {
    const { receiver, endpoint } = await setUp(['a', 'a', 'a']);
    let answerLate = () => {};
    receiver.answer((response) => {
      answerLate = () => response.end();
    });
    const engine = newEngine(server);
    await engine.claim();
    await expect.poll(() => receiver.received.length).toBe(1);
    if (end === 'disabled') await setEndpoint(endpoint, { status: 'disabled', disabled_reason: 'requested' });
    else await server.app.deps.db.deleteFrom('webhook_endpoints').where('id', '=', endpoint).execute();
    answerLate();
    await engine.idle();
    expect(receiver.received).toHaveLength(1);
  }
});

test('a turn ends after its number of deliveries, and the endpoint goes to the end of the line', async () => {
  const first = await setUp(Array.from({ length: 7 }, (_, index) => `t${index}`));
  const second = await setUp(['a']);
  const limits = { deliveries: 3, ms: 10_000, atOnce: 4, slowAfterMs: 2_000 };
  const engine = newEngine(server, { limits });
  await engine.claim();
  await engine.idle();
  expect([first.receiver.received.length, second.receiver.received.length]).toEqual([3, 1]);
  const { next_at, lease_id } = await endpointRow(server, first.endpoint);
  expect([next_at === null, lease_id]).toEqual([false, null]);
  await engine.run();
  expect(first.receiver.received).toHaveLength(7);
});

test('no wake is lost: an endpoint in no line with something to deliver is found', async () => {
  const { receiver, endpoint, tenant_id } = await setUp();
  await setEndpoint(endpoint, { next_at: null });
  const engine = newEngine(server);
  await engine.run();
  expect(receiver.received).toEqual([]);
  while ((await runWorker(server, 'webhooks-wake')) > 0);
  await engine.run();
  expect(receiver.received).toHaveLength(1);
  // Overtaken by the end of a turn, which saw only what waits for hours.
  await changeThings(server, tenant_id, ['b']);
  await setEndpoint(endpoint, { next_at: new Date(Date.now() + 7_200_000).toISOString() });
  await runWorker(server, 'webhooks-wake');
  await engine.run();
  expect(receiver.received).toHaveLength(2);
});

test('the log wakes an endpoint that waits for a later attempt, and leaves one that is only probed alone', async () => {
  const { receiver, endpoint, tenant_id } = await setUp();
  receiver.answer((response, { subject }) => response.writeHead(subject === 'thing/a' ? 500 : 200).end());
  const engine = newEngine(server);
  await engine.run();
  await changeThings(server, tenant_id, ['b']);
  await engine.run();
  expect(receiver.received.map(({ subject }) => subject)).toEqual(['thing/a', 'thing/b']);
  const later = new Date(Date.now() + 200_000).toISOString();
  await setEndpoint(endpoint, { failures: 3, next_at: later });
  await changeThings(server, tenant_id, ['c']);
  expect((await endpointRow(server, endpoint)).next_at).toBe(later);
});

test('attempts at a delivery that was pruned meanwhile are dropped', async () => {
  const { receiver, endpoint } = await setUp();
  let answerLate = () => {};
  receiver.answer((response) => {
    answerLate = () => response.end();
  });
  const engine = newEngine(server);
  await engine.claim();
  await expect.poll(() => receiver.received.length).toBe(1);
  await server.app.deps.db.deleteFrom('webhook_deliveries').where('endpoint_id', '=', endpoint).execute();
  answerLate();
  await engine.idle();
  expect(await endpointRow(server, endpoint)).toMatchObject({ lease_id: null, next_at: null });
});

test('claims take the longest due first, a share of the lane for each tenant, and each endpoint once', async () => {
  const tenants = [(await newTenant(server)).id, (await newTenant(server)).id];
  const at = (seconds: number) => new Date(1_000 * seconds).toISOString();
  const ids = new Map<string, string>();
  for (const [index, tenant_id] of tenants.entries())
    for (let n = 0; n < 4; n += 1) {
      const id = await newEndpoint(server, { tenant_id, url: 'https://hooks.example/', last_ok_ms: 5 });
      await setEndpoint(id, { next_at: at(10 * index + n) });
      ids.set(id, `${index}${n}`);
    }
  const claim = (limit: number, taken = new Map<string | null, number>()) =>
    inTransaction((tx) => webhookQueue.claimEndpoints(tx, { lane: 'fast', limit, tenantMax: 2, taken }));
  const named = async (claimed: ReturnType<typeof claim>) =>
    (await claimed).map(({ id }) => ids.get(id)).filter((name) => name !== undefined);
  expect((await named(claim(100, new Map([[tenants[0] ?? null, 1]])))).sort()).toEqual(['00', '10', '11']);
  expect((await named(claim(1))).sort()).toEqual(['01']);
  expect((await named(claim(100))).sort()).toEqual(['02', '03', '12', '13']);
  expect(await named(claim(100))).toEqual([]);
});

// proves C24
test('the app delivers by itself, signed with the sealed secrets, and gives the leases back when it closes', async () => {
  const receiver = await startReceiver();
  const own = await startTestServer({ outbound: toLoopback });
  const tenant_id = (await newTenant(own)).id;
  const { id, secret } = await newWebhook(own, tenant_id, { url: receiver.url, event_types: ['tenant.updated'] });
  own.app.startWorkers();
  const rename = (name: string) => own.call(`PATCH /v1/tenants/${tenant_id}`, { body: { name } });
  await rename('First');
  await expect.poll(() => receiver.received.length).toBe(1);
  const rotated = await own.call(`POST /v1/webhooks/${id}/rotate-secret`, { body: { overlap_seconds: 60 } });
  await rename('Second');
  await expect.poll(async () => (await attemptsOf(own, id)).length).toBe(2);
  const verifies = ({ headers, body }: Received, key: string) => {
    try {
      return new Webhook(key).verify(body, headers as Record<string, string>) !== undefined;
    } catch {
      return false;
    }
  };
  const keys: string[] = [secret, rotated.body.secret];
  expect(receiver.received.map((each) => keys.map((key) => verifies(each, key)))).toEqual([
    [true, false],
    [true, true],
  ]);
  expect(receiver.received.map(({ data }) => data['name'])).toEqual(['First', 'Second']);
  expect(await attemptsOf(own, id)).toMatchObject(Array(2).fill({ n: 1, status: 200, error: null, excerpt: 'ok' }));
  const metrics = await own.app.deps.metrics.registry.metrics();
  expect(metrics).toContain('tenant_registry_webhook_attempts_total{outcome="delivered"} 2');
  expect(metrics).toContain('tenant_registry_gate_running{gate="webhooks_slow"}');
  receiver.answer(() => {});
  await rename('Third');
  await expect.poll(() => receiver.received.length).toBe(3);
  const { db } = own.app.deps;
  const leased = () => db.selectFrom('webhook_endpoints').select('lease_id').execute();
  expect(await leased()).toEqual([{ lease_id: expect.any(String) }]);
  await own.app.close();
  expect(await leased()).toEqual([{ lease_id: null }]);
  await own.close();
});
