import { expect, test } from 'vitest';
import {
  attemptsOf,
  changeThings,
  deliveriesOf,
  endpointRow,
  makeDue,
  newEndpoint,
  newEngine,
  startReceiver,
  toLoopback,
} from '../../../../test/support/deliveries.ts';
import { newTenant, testServer } from '../../../../test/support/server.ts';

const server = testServer({ outbound: toLoopback });

async function setUp(fields: { ordering?: 'aggregate' | 'endpoint'; event_types?: string[] } = {}) {
  const receiver = await startReceiver();
  const tenant_id: string = (await newTenant(server)).id;
  const endpoint = await newEndpoint(server, { tenant_id, url: receiver.url, ...fields });
  return { receiver, tenant_id, endpoint };
}

// proves C24
test('an event that was committed reaches the endpoint once, with its id, and the delivery is done', async () => {
  const { receiver, endpoint } = await setUp({ event_types: ['tenant.*'] });
  const tenant = (await newTenant(server)).id;
  await server.app.deps.db
    .updateTable('webhook_endpoints')
    .set({ tenant_id: tenant })
    .where('id', '=', endpoint)
    .execute();
  await server.call(`PATCH /v1/tenants/${tenant}`, { body: { name: 'Other' } });
  await changeThings(server, tenant, []);
  const engine = newEngine(server);
  await engine.run();
  const audit = await server.app.deps.db
    .selectFrom('audit_log')
    .select('id')
    .where('tenant_id', '=', tenant)
    .orderBy('id')
    .execute();
  expect(receiver.received.map(({ id, type }) => ({ id, type }))).toEqual([
    { id: audit[0]?.id, type: 'tenant.created' },
    { id: audit[1]?.id, type: 'tenant.updated' },
  ]);
  expect((await deliveriesOf(server, endpoint)).map(({ state, attempts }) => ({ state, attempts }))).toEqual([
    { state: 'succeeded', attempts: 1 },
    { state: 'succeeded', attempts: 1 },
  ]);
  expect(await attemptsOf(server, endpoint)).toMatchObject([
    { n: 1, status: 200, error: null, excerpt: 'ok' },
    { n: 1, status: 200, error: null, excerpt: 'ok' },
  ]);
  expect(await endpointRow(server, endpoint)).toMatchObject({
    next_at: null,
    lease_id: null,
    failures: 0,
    last_ok_ms: expect.any(Number),
  });
});

test('deliveries of one subject go in the order of the log, those of several at once', async () => {
  const { receiver, tenant_id, endpoint } = await setUp();
  const things = Array.from({ length: 60 }, (_, index) => `t${index % 5}`);
  await changeThings(server, tenant_id, things);
  let [atOnce, most] = [0, 0];
  receiver.answer((response) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    setImmediate(() => {
      atOnce -= 1;
      response.end();
    });
  });
  await newEngine(server).run();
  expect(receiver.received).toHaveLength(60);
  for (const thing of new Set(things)) {
    const of = receiver.received.filter(({ subject }) => subject === `thing/${thing}`).map(({ data }) => data['index']);
    expect(of).toEqual([...of].sort((a, b) => Number(a) - Number(b)));
    expect(of).toHaveLength(12);
  }
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(4);
  expect(new Set((await deliveriesOf(server, endpoint)).map(({ state }) => state))).toEqual(new Set(['succeeded']));
});

test('a delivery that fails holds back its own subject alone, until it succeeds', async () => {
  const { receiver, tenant_id, endpoint } = await setUp();
  let broken = true;
  receiver.answer((response, { subject }) => response.writeHead(broken && subject === 'thing/a' ? 500 : 200).end());
  await changeThings(server, tenant_id, ['a', 'b', 'a', 'b']);
  const engine = newEngine(server);
  await engine.run();
  const told = () => receiver.received.map(({ subject, data }) => `${subject.slice(6)}${data['index']}`);
  expect(told().filter((each) => each !== 'a0')).toEqual(['b1', 'b3']);
  broken = false;
  await makeDue(server, endpoint);
  await engine.run();
  expect(told().slice(-2)).toEqual(['a0', 'a2']);
});

test('with ordering endpoint everything goes one after another, and one that fails holds back all', async () => {
  const { receiver, tenant_id, endpoint } = await setUp({ ordering: 'endpoint' });
  let broken = false;
  receiver.answer((response) => response.writeHead(broken ? 500 : 200).end());
  await changeThings(server, tenant_id, ['a', 'b', 'c']);
  const engine = newEngine(server);
  await engine.run();
  expect(receiver.received.map(({ data }) => data['index'])).toEqual([0, 1, 2]);
  broken = true;
  await changeThings(server, tenant_id, ['d', 'e', 'f']);
  await engine.run();
  expect(receiver.received.slice(3).map(({ subject }) => subject)).toEqual(['thing/d']);
  broken = false;
  await makeDue(server, endpoint);
  await engine.run();
  expect(receiver.received.slice(3).map(({ subject }) => subject)).toEqual([
    'thing/d',
    'thing/d',
    'thing/e',
    'thing/f',
  ]);
});

test('of the oldest 200 the first of each subject may go, and what stands behind them waits', async () => {
  const { receiver, tenant_id, endpoint } = await setUp();
  receiver.answer((response, { subject }) => response.writeHead(subject === 'thing/a' ? 500 : 200).end());
  await changeThings(server, tenant_id, [...Array.from({ length: 199 }, () => 'a'), 'b', 'c']);
  const engine = newEngine(server);
  await engine.run();
  // One that succeeded leaves the 200, and the next comes among them.
  expect(receiver.received.map(({ subject }) => subject).filter((each) => each !== 'thing/a')).toEqual([
    'thing/b',
    'thing/c',
  ]);
  await changeThings(server, tenant_id, [...Array.from({ length: 1 }, () => 'a'), 'd']);
  await makeDue(server, endpoint);
  await engine.run();
  expect(receiver.received.some(({ subject }) => subject === 'thing/d')).toBe(false);
});

test('two replicas deliver everything once, and each subject in order', async () => {
  const { receiver, tenant_id } = await setUp();
  const other = await setUp();
  const things = Array.from({ length: 100 }, (_, index) => `t${index % 10}`);
  const ids = await changeThings(server, tenant_id, things);
  const others = await changeThings(server, other.tenant_id, things);
  const engines = [newEngine(server), newEngine(server)];
  await expect
    .poll(async () => {
      await Promise.all(engines.map((engine) => engine.run()));
      return receiver.received.length + other.receiver.received.length;
    })
    .toBe(200);
  expect(receiver.received.map(({ id }) => id).sort()).toEqual([...ids].sort());
  expect(other.receiver.received.map(({ id }) => id).sort()).toEqual([...others].sort());
  for (const { received } of [receiver, other.receiver])
    for (const thing of new Set(things)) {
      const of = received
        .filter(({ subject }) => subject === `thing/${thing}`)
        .map(({ data }) => Number(data['index']));
      expect(of).toEqual([...of].sort((a, b) => a - b));
    }
});
