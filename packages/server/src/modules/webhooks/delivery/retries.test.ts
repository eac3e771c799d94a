// engine: postgres
import { expect, test } from 'vitest';
import {
  attemptsOf,
  changeThings,
  deliveriesOf,
  endpointRow,
  makeDue,
  newEndpoint,
  newEngine,
  SECRET,
  startReceiver,
  toLoopback,
} from '../../../../test/support/deliveries.ts';
import { auditOf, newTenant, runWorker, tenantIn, testServer } from '../../../../test/support/server.ts';

const server = testServer({ outbound: toLoopback });
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface SetUp {
  readonly things?: readonly string[];
  readonly tenant_id?: string;
  readonly ordering?: 'aggregate' | 'endpoint';
}

async function setUp({ ordering = 'aggregate', ...options }: SetUp = {}) {
  const receiver = await startReceiver();
  const tenant_id = options.tenant_id ?? (await newTenant(server)).id;
  const endpoint = await newEndpoint(server, { tenant_id, url: receiver.url, ordering });
  await changeThings(server, tenant_id, options.things ?? ['a']);
  return { receiver, tenant_id, endpoint, engine: newEngine(server) };
}

/** The wait of an endpoint's only pending delivery since its last attempt was recorded, in milliseconds. */
async function waitOf(endpoint: string): Promise<number> {
  const waiting = (await deliveriesOf(server, endpoint)).filter(({ state }) => state === 'pending');
  const [attempt] = (await attemptsOf(server, endpoint)).slice(-1);
  if (waiting.length !== 1 || attempt === undefined) throw new Error('one delivery waits for a further attempt');
  return Date.parse(waiting[0]?.next_attempt_at ?? '') - Date.parse(attempt.started_at);
}

const setEndpoint = (id: string, fields: object) =>
  server.app.deps.db.updateTable('webhook_endpoints').set(fields).where('id', '=', id).execute();
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

test('a failing delivery is tried nine times with growing waits, then it is given up and the next may go', async () => {
  const { receiver, tenant_id, endpoint, engine } = await setUp();
  receiver.answer((response, { id }) => response.writeHead(id === receiver.received[0]?.id ? 500 : 200).end('broken'));
  const waits = [5 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR];
  for (const wait of waits) {
    await engine.run();
    const waited = await waitOf(endpoint);
    expect(waited).toBeGreaterThanOrEqual(wait);
    // A tenth later at most, and what the attempt and its record took.
    expect(waited).toBeLessThanOrEqual(wait * 1.1 + MINUTE);
    await makeDue(server, endpoint);
  }
  const [second] = await changeThings(server, tenant_id, ['x', 'a']).then((ids) => ids.slice(-1));
  await makeDue(server, endpoint);
  await engine.run();
  const [first] = await deliveriesOf(server, endpoint);
  expect(first).toMatchObject({ state: 'failed', attempts: 9 });
  const attempts = (await attemptsOf(server, endpoint)).filter(({ delivery_id }) => delivery_id === first?.id);
  expect(attempts.map(({ n, status, error, excerpt }) => ({ n, status, error, excerpt }))).toEqual(
    Array.from({ length: 9 }, (_, index) => ({
      n: index + 1,
      status: 500,
      error: 'The endpoint answers with status 500.',
      excerpt: 'broken',
    })),
  );
  expect(new Set(receiver.received.slice(0, 9).map(({ id }) => id)).size).toBe(1);
  await makeDue(server, endpoint);
  await engine.run();
  expect(receiver.received.at(-1)?.id).toBe(second);
});

test('Retry-After postpones the next attempt', async () => {
  const { receiver, endpoint, engine } = await setUp();
  receiver.answer((response) => response.writeHead(503, { 'retry-after': '7200' }).end());
  await engine.run();
  const waited = await waitOf(endpoint);
  expect(waited).toBeGreaterThanOrEqual(7_200 * SECOND);
  expect(waited).toBeLessThan(7_200 * SECOND + 5 * MINUTE);
});

test('a redirect is not followed and fails', async () => {
  const { receiver, endpoint, engine } = await setUp();
  const target = await startReceiver();
  receiver.answer((response) => response.writeHead(307, { location: target.url }).end());
  await engine.run();
  expect(target.received).toEqual([]);
  expect(await attemptsOf(server, endpoint)).toMatchObject([
    { status: 307, error: expect.stringContaining('redirects') },
  ]);
  expect(await deliveriesOf(server, endpoint)).toMatchObject([{ state: 'pending', attempts: 1 }]);
});

// proves C58
test('410 disables the endpoint as gone, cancels what waits, and records the event', async () => {
  const { receiver, tenant_id, endpoint, engine } = await setUp({ things: ['a', 'a', 'a'] });
  receiver.answer((response) => response.writeHead(410).end());
  await engine.run();
  expect(receiver.received).toHaveLength(1);
  expect(await endpointRow(server, endpoint)).toMatchObject({
    status: 'disabled',
    disabled_reason: 'gone',
    next_at: null,
    lease_id: null,
  });
  expect((await deliveriesOf(server, endpoint)).map(({ state }) => state)).toEqual([
    'canceled',
    'canceled',
    'canceled',
  ]);
  expect(await attemptsOf(server, endpoint)).toMatchObject([{ n: 1, status: 410 }]);
  const [disabled] = await auditOf(server, endpoint);
  expect(disabled).toMatchObject({
    action: 'webhook.disabled',
    tenant_id,
    actor_type: 'system',
    metadata: { id: endpoint, disabled_reason: 'gone' },
  });
  await runWorker(server, 'webhooks-wake');
  await engine.run();
  expect(receiver.received).toHaveLength(1);
});

test('an endpoint that failed for five days is disabled as failing, and not a moment earlier', async () => {
  const { receiver, endpoint, engine } = await setUp();
  receiver.answer((response) => response.writeHead(500).end());
  await setEndpoint(endpoint, { failures: 1, failing_since: ago(5 * DAY - HOUR) });
  await engine.run();
  expect(await endpointRow(server, endpoint)).toMatchObject({ status: 'active', failures: 2 });
  await setEndpoint(endpoint, { failing_since: ago(5 * DAY + HOUR) });
  await makeDue(server, endpoint);
  await engine.run();
  expect(await endpointRow(server, endpoint)).toMatchObject({ status: 'disabled', disabled_reason: 'failing' });
  expect(await deliveriesOf(server, endpoint)).toMatchObject([{ state: 'canceled' }]);
  expect((await auditOf(server, endpoint)).map(({ action }) => action)).toEqual(['webhook.disabled']);
});

test('a success begins the count of failures and the five days anew', async () => {
  const { receiver, endpoint, engine } = await setUp({ things: ['a', 'b'], ordering: 'endpoint' });
  await setEndpoint(endpoint, { failures: 2, failing_since: ago(6 * DAY) });
  receiver.answer((response, { subject }) => response.writeHead(subject === 'thing/a' ? 200 : 500).end());
  await engine.run();
  const row = await endpointRow(server, endpoint);
  expect(row).toMatchObject({ status: 'active', failures: 1 });
  expect(Date.parse(row.failing_since ?? '')).toBeGreaterThan(Date.now() - DAY);
});

test('after three failures one delivery at a time is tried, at growing distances, until one succeeds', async () => {
  const things = Array.from({ length: 50 }, (_, index) => `t${index}`);
  const { receiver, tenant_id, endpoint, engine } = await setUp({ things });
  let broken = true;
  receiver.answer((response) => response.writeHead(broken ? 500 : 200).end());
  await engine.run();
  // Four at once at most were under way when the third failure was seen.
  const before = receiver.received.length;
  expect(before).toBeGreaterThanOrEqual(3);
  expect(before).toBeLessThanOrEqual(6);
  const wait = async () => Date.parse((await endpointRow(server, endpoint)).next_at ?? '') - Date.now();
  for (let probe = 1; probe <= 3; probe += 1) {
    expect(await wait()).toBeGreaterThan(5 * SECOND);
    expect(await wait()).toBeLessThanOrEqual(5 * MINUTE);
    // What is new does not shorten the pause.
    await changeThings(server, tenant_id, [`n${probe}`]);
    await runWorker(server, 'webhooks-wake');
    await engine.run();
    expect(receiver.received).toHaveLength(before + probe - 1);
    await makeDue(server, endpoint);
    await engine.run();
    expect(receiver.received).toHaveLength(before + probe);
  }
  broken = false;
  await makeDue(server, endpoint);
  await engine.run();
  expect((await deliveriesOf(server, endpoint)).map(({ state }) => state)).toEqual(Array(53).fill('succeeded'));
  expect(await endpointRow(server, endpoint)).toMatchObject({ failures: 0, failing_since: null, next_at: null });
});

test('a turn that can start nothing of what is due pauses, and the line is not claimed again at once', async () => {
  const { receiver, tenant_id, endpoint, engine } = await setUp();
  const { db } = server.app.deps;
  const [delivery] = await deliveriesOf(server, endpoint);
  // The event is pruned, and the delivery is still there.
  await db
    .deleteFrom('events')
    .where('position', '=', delivery?.position ?? 0)
    .execute();
  await makeDue(server, endpoint);
  const before = Date.now();
  expect(await engine.claim()).toBe(1);
  await engine.idle();
  const row = await endpointRow(server, endpoint);
  expect(row.lease_id).toBeNull();
  expect(Date.parse(row.next_at ?? '')).toBeGreaterThanOrEqual(before + SECOND);
  expect(receiver.received).toEqual([]);
  // What comes behind it is delivered after the pause.
  await changeThings(server, tenant_id, ['b']);
  await makeDue(server, endpoint);
  await engine.run();
  expect(receiver.received.map(({ subject }) => subject)).toEqual(['thing/b']);
});

test('what was given up is told once in ten minutes, with its number, and not to the endpoint itself', async () => {
  const { receiver, tenant_id, endpoint, engine } = await setUp({ things: ['a', 'b'] });
  const other = await startReceiver();
  await newEndpoint(server, { tenant_id, url: other.url, event_types: ['webhook.*'] });
  await setEndpoint(endpoint, { event_types: ['*'] });
  receiver.answer((response) => response.writeHead(500).end());
  const giveUp = async () => {
    await server.app.deps.db
      .updateTable('webhook_deliveries')
      .set({ attempts: 8 })
      .where('endpoint_id', '=', endpoint)
      .where('state', '=', 'pending')
      .execute();
    await makeDue(server, endpoint);
    await engine.run();
  };
  await giveUp();
  expect((await deliveriesOf(server, endpoint)).map(({ state }) => state)).toEqual(['failed', 'failed']);
  await runWorker(server, 'webhooks-report');
  await changeThings(server, tenant_id, ['c']);
  await giveUp();
  await runWorker(server, 'webhooks-report');
  const told = async () => (await auditOf(server, endpoint)).map(({ metadata }) => metadata);
  expect(await told()).toEqual([{ id: endpoint, tenant_id, url: receiver.url, count: 2, since: expect.any(String) }]);
  await setEndpoint(endpoint, { given_up_told_at: ago(11 * MINUTE) });
  await runWorker(server, 'webhooks-report');
  expect((await told()).map((each) => (each as { count: number }).count)).toEqual([2, 1]);
  await changeThings(server, null, []);
  await engine.run();
  expect(other.received.map(({ type, data }) => [type, data['count']])).toEqual([
    ['webhook.deliveries_failed', 2],
    ['webhook.deliveries_failed', 1],
  ]);
  expect(receiver.received.filter(({ type }) => type.startsWith('webhook.'))).toEqual([]);
});

test('deliveries of a frozen tenant go on, and its endpoint can be disabled', async () => {
  const tenant = await tenantIn(server, 'frozen');
  const { receiver, endpoint, engine } = await setUp({ tenant_id: tenant.id });
  await engine.run();
  expect(receiver.received).toHaveLength(1);
  receiver.answer((response) => response.writeHead(410).end());
  await changeThings(server, tenant.id, ['b']);
  await engine.run();
  expect(await endpointRow(server, endpoint)).toMatchObject({ status: 'disabled', disabled_reason: 'gone' });
});

test('secrets that cannot be had make a failed attempt, which says nothing of them', async () => {
  const { receiver, endpoint } = await setUp();
  await newEngine(server, { secretsOf: () => Promise.reject(new Error(`cannot open ${SECRET.slice(0, 5)}`)) }).run();
  expect(receiver.received).toEqual([]);
  expect(await attemptsOf(server, endpoint)).toMatchObject([
    { status: null, error: 'The registry could not make the attempt.', excerpt: null },
  ]);
  expect(await endpointRow(server, endpoint)).toMatchObject({ failures: 1, lease_id: null });
});
