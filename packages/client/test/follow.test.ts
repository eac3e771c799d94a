// engine: postgres
/** The subscription `events.follow` of a real registry, through tRPC's own client. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AppRouter } from '@tenant-registry/server/router';
import { createTRPCClient, httpSubscriptionLink, TRPCClientError } from '@trpc/client';
import { EventSource } from 'eventsource';
import { expect, onTestFinished, test } from 'vitest';
import { testConfig } from '../../server/src/testing.ts';
import { eventually } from '../../server/test/support/eventually.ts';
import {
  madeIn,
  newTenant,
  runWorker,
  startTestServer,
  type TestServer,
  testServer,
  UNKNOWN,
} from '../../server/test/support/server.ts';
import { cuttableRelay } from './relay.ts';

const server = testServer();

type Follow = ReturnType<typeof createTRPCClient<AppRouter>>['events']['follow'];
type Input = Parameters<Follow['subscribe']>[0];

interface FollowOptions {
  readonly url?: string;
  readonly token?: string;
}

/** Subscribes until the test is over, and keeps what is heard. */
function follow(input: Input, { url = server.url, token = server.operatorToken }: FollowOptions = {}) {
  const withToken: typeof fetch = (target, init) =>
    fetch(target, { ...init, headers: { ...init?.headers, authorization: `Bearer ${token}` } });
  const link = httpSubscriptionLink<AppRouter, typeof EventSource>({
    url: `${url}/trpc`,
    EventSource,
    eventSourceOptions: { fetch: withToken },
  });
  const heard = {
    /** The id of each event and checkpoint, and the type of the event. */
    all: [] as (readonly [string, string | null])[],
    states: [] as string[],
    errors: [] as unknown[],
    completed: false,
  };
  const subscription = createTRPCClient<AppRouter>({ links: [link] }).events.follow.subscribe(input, {
    onData: ({ id, data }) => heard.all.push([id, data === null ? null : data.type]),
    onConnectionStateChange: ({ state }) => heard.states.push(state),
    onError: (error) => heard.errors.push(error),
    onComplete: () => {
      heard.completed = true;
    },
  });
  onTestFinished(() => subscription.unsubscribe());
  return {
    heard,
    events: () => heard.all.filter(([, type]) => type !== null),
    leave: () => subscription.unsubscribe(),
  };
}

/** What the log has of a tenant: ids and types. */
async function logOf({ app }: TestServer, tenantId: string) {
  const rows = await app.deps.db
    .selectFrom('events')
    .select(['id', 'event_type'])
    .where('tenant_id', '=', tenantId)
    .orderBy('position')
    .execute();
  return rows.map(({ id, event_type }) => [id, event_type]);
}

async function rename(tenantId: string, name: string): Promise<void> {
  await server.call(`PATCH /v1/tenants/${tenantId}`, { body: { name } });
  await runWorker(server, 'events-sequence');
}

test('events come with their ids, from where the caller said, of its tenant and types alone', async () => {
  const [tenant, other] = [await newTenant(server), await newTenant(server)];
  const { key } = await madeIn(server, tenant.id, 'api-keys', { name: 'ci', scopes: ['registry:events:read'] });
  await runWorker(server, 'events-sequence');
  const all = follow({ after: 'start' }, { token: key });
  const renamed = follow({ tenant_id: tenant.id, types: ['tenant.updated'] });
  await eventually(() => expect([all, renamed].map(({ heard }) => heard.all.length > 0)).toEqual([true, true]));
  await rename(other.id, 'Not told');
  await rename(tenant.id, 'Told');
  const log = await logOf(server, tenant.id);
  expect(log.map(([, type]) => type)).toEqual(['tenant.created', 'api_key.created', 'tenant.updated']);
  await eventually(() => expect(all.events()).toEqual(log));
  await eventually(() => expect(renamed.events()).toEqual(log.slice(2)));
  const last = follow({ tenant_id: tenant.id, after: log[1]?.[0] });
  await eventually(() => expect(last.events()).toEqual(log.slice(2)));
});

test('a subscription whose connection is cut goes on, without a gap and without a repetition', async () => {
  const tenant = await newTenant(server);
  await runWorker(server, 'events-sequence');
  const relay = await cuttableRelay(server.url);
  const { heard, events } = follow({ tenant_id: tenant.id }, { url: relay.url });
  await eventually(() => expect(heard.all).toHaveLength(1));
  // What happens between two connections is told on the second, also when the first told of no event.
  relay.cut();
  await rename(tenant.id, 'While it was away');
  await eventually(() => expect(events()).toHaveLength(1));
  await rename(tenant.id, 'While it listened');
  await eventually(() => expect(events()).toHaveLength(2));
  relay.cut();
  await rename(tenant.id, 'While it was away again');
  await eventually(() => expect(events()).toHaveLength(3));
  expect(events()).toEqual((await logOf(server, tenant.id)).slice(1));
  expect([heard.errors, heard.completed]).toEqual([[], false]);
}, 60_000);

test.each([
  ['a wrong token', {}, 'wrong', 401, 'unauthenticated'],
  ['a missing permission', {}, 'internal', 403, 'forbidden'],
  ['an event that the log does not have', { after: UNKNOWN }, undefined, 410, 'event_expired'],
  ['an id of no event', { after: 'yesterday' }, undefined, 400, 'invalid_input'],
])('%s ends the subscription with the problem of the registry', async (_, input, token, status, code) => {
  const options = token === undefined ? {} : { token: token === 'internal' ? server.internalToken : token };
  const { heard } = follow(input, options);
  await eventually(() => expect(heard.errors).toHaveLength(1));
  const [error] = heard.errors;
  if (!(error instanceof TRPCClientError)) throw error;
  expect(error.data).toMatchObject({ httpStatus: status, problem: { status, code, instance: expect.any(String) } });
  expect(heard.all).toEqual([]);
});

test('a key may follow its own tenant alone, and nobody a type that does not exist', async () => {
  const [tenant, other] = [await newTenant(server), await newTenant(server)];
  const { key } = await madeIn(server, tenant.id, 'api-keys', { name: 'ci', scopes: ['registry:events:read'] });
  const foreign = follow({ tenant_id: other.id, after: 'start' }, { token: key });
  const unknown = follow({ types: ['tenant.exploded'] });
  const codes = () =>
    [foreign, unknown].map(({ heard }) =>
      heard.errors.map((error) => (error as TRPCClientError<AppRouter>).data?.problem.code),
    );
  await eventually(() => expect(codes()).toEqual([['not_found'], ['unknown_event_type']]));
  expect([foreign.heard.all, unknown.heard.all]).toEqual([[], []]);
});

test('a subscriber that leaves ends the connection and what was read for it', async () => {
  const own = await startTestServer();
  onTestFinished(() => own.close());
  const connections = () =>
    new Promise<number>((resolve) => own.app.server.server.getConnections((_, count) => resolve(count)));
  const { heard, leave } = follow({}, { url: own.url, token: own.operatorToken });
  await eventually(() => expect(heard.all).toHaveLength(1));
  expect(own.app.deps.eventFeed.listening()).toBe(1);
  leave();
  await eventually(async () => expect([own.app.deps.eventFeed.listening(), await connections()]).toEqual([0, 0]));
  expect(own.logs.filter((line) => line.includes('"reqId"') && !line.includes('"level":"info"'))).toEqual([]);
});

test('a registry that stops ends the connection and not the subscription', async () => {
  const own = await startTestServer();
  const { heard } = follow({}, { url: own.url, token: own.operatorToken });
  await eventually(() => expect(heard.states).toContain('pending'));
  await eventually(() => expect(heard.all).toHaveLength(1));
  await own.close();
  await eventually(() => expect(heard.states.at(-1)).toBe('connecting'));
  expect([heard.errors, heard.completed]).toEqual([[], false]);
});

test('the answer is a stream that nothing on the way keeps or collects', async () => {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const input = encodeURIComponent(JSON.stringify({ after: 'start' }));
  const headers = { authorization: `Bearer ${server.operatorToken}` };
  const response = await fetch(`${server.url}/trpc/events.follow?input=${input}`, {
    headers,
    signal: controller.signal,
  });
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    connection: 'close',
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toContain('event: connected');
  const call = (operation: string) => server.call(operation, { body: operation.startsWith('POST') ? {} : undefined });
  const refused = await Promise.all([
    call('POST /trpc/events.follow'),
    call('GET /trpc/events.follow?batch=1'),
    call('GET /trpc/events.unfollow'),
  ]);
  expect(refused.map(({ status }) => status)).toEqual([405, 400, 404]);
  expect((await call('HEAD /trpc/events.follow')).status).toBe(204);
});

const largeEvent = (tenant_id: string) => ({
  tenant_id,
  aggregate_type: 'tenant',
  aggregate_id: tenant_id,
  event_type: 'tenant.updated',
  payload: JSON.stringify({ text: 'x'.repeat(16_384) }),
});

/** Begins a subscription that takes nothing of what it is sent, and returns the registry's end of its connection. */
async function followWithoutReading({ url, operatorToken, app }: TestServer): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const accepted = once(app.server.server, 'connection');
  const socket = connect({ host: hostname, port: Number(port) }).pause();
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  const [end] = await accepted;
  const line = 'GET /trpc/events.follow?input=%7B%7D HTTP/1.1';
  socket.write(`${line}\r\nhost: ${hostname}\r\nauthorization: Bearer ${operatorToken}\r\n\r\n`);
  await eventually(() => expect(app.deps.eventFeed.listening()).toBe(1));
  return end;
}

/**
 * Logs until nobody listens any more. Each time it is less than may wait for a listener, so one whose connection is full
 * stands still while it hears all that is new: the feed ends it after a second, and one that is still catching up after
 * thirty.
 */
async function logUntilLeft(own: TestServer): Promise<void> {
  const { id: tenant_id } = await newTenant(own);
  while (own.app.deps.eventFeed.listening() > 0) {
    await own.app.deps.db
      .insertInto('outbox_events')
      .values(Array(3).fill(largeEvent(tenant_id)))
      .execute();
    await runWorker(own, 'events-sequence');
    // PGlite answers within this turn of the event loop: without another one nothing is sent.
    await nextTurn();
  }
}

function endedAsSlow({ app }: TestServer): Promise<void> {
  const { registry } = app.deps.metrics;
  const metrics = expect.poll(() => registry.metrics());
  return metrics.toMatch(/^tenant_registry_feed_cut_total\{reason="slow"\} 1$/m);
}

test('a subscriber that stops reading is disconnected once the feed has ended it as slow', async () => {
  const own = await startTestServer();
  onTestFinished(() => own.close());
  const connection = await followWithoutReading(own);
  await logUntilLeft(own);
  await endedAsSlow(own);
  await expect.poll(() => connection.destroyed).toBe(true);
});

test('a tenant pays for what its subscriptions are sent, and has no new one when its budget is used up', async () => {
  const own = await startTestServer({ limits: { ...testConfig.limits, tenantCostPerMinute: 15 } });
  onTestFinished(() => own.close());
  own.clock.stop();
  const { id: tenant_id } = await newTenant(own);
  const { key } = await madeIn(own, tenant_id, 'api-keys', { name: 'ci', scopes: ['registry:events:read'] });
  await own.app.deps.db
    .insertInto('outbox_events')
    .values(Array(20).fill(largeEvent(tenant_id)))
    .execute();
  await runWorker(own, 'events-sequence');
  const options = { url: own.url, token: key };
  const { heard, events } = follow({ after: 'start', types: ['tenant.updated'] }, options);
  await eventually(() => expect(events()).toHaveLength(20));
  expect(own.app.deps.budgets.standings({ principal: '', tenant_id })).toMatchObject([{ remaining: 0 }]);
  const refused = follow({}, options);
  await eventually(() => expect(refused.heard.errors).toHaveLength(1));
  expect([refused.heard.all, heard.errors]).toEqual([[], []]);
});

test('the internal listener has no subscription to the events that an internal token may not read', async () => {
  const own = await startTestServer({ internalAddress: { host: '127.0.0.1', port: 0 } });
  onTestFinished(() => own.close());
  const url = await own.app.internalServer?.listen({ host: '127.0.0.1', port: 0 });
  const headers = { authorization: `Bearer ${own.operatorToken}` };
  expect((await fetch(`${url}/trpc/events.follow?input={}`, { headers })).status).toBe(404);
});
