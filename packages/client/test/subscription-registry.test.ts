// engine: postgres
/** Subscriptions to a real registry, over links that are cut. */
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../server/test/support/eventually.ts';
import { madeIn, newTenant, runWorker, testServer } from '../../server/test/support/server.ts';
import { createClient, type RegistryEvent, type SubscribeInput } from '../src/index.ts';
import { cuttableRelay } from './relay.ts';
import { rejectionOf } from './scripted-server.ts';

const server = testServer();

interface Reader {
  readonly token?: string;
  readonly url?: string;
  readonly input: SubscribeInput<{ tenant_id?: string | undefined }>;
}

/** Reads in a loop until the test is over, and keeps what it is told. */
function reading({ token = server.operatorToken, url = server.url, input }: Reader) {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const events: RegistryEvent[] = [];
  const state = { live: false };
  const onState = ({ live }: { readonly live: boolean }) => {
    state.live = live;
  };
  const options = { signal: controller.signal, onState };
  const loop = (async () => {
    for await (const event of createClient({ url, token }).events.subscribe(input, options)) events.push(event);
  })();
  loop.catch(() => {});
  return { events, state, loop, stop: () => controller.abort() };
}

/** The ids of the tenant's events, in the order of the log. */
async function logOf(tenantId: string): Promise<string[]> {
  const { db } = server.app.deps;
  const rows = await db
    .selectFrom('events')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .orderBy('position')
    .execute();
  return rows.map(({ id }) => id);
}

async function rename(tenantId: string, name: string): Promise<void> {
  await server.call(`PATCH /v1/tenants/${tenantId}`, { body: { name } });
  await runWorker(server, 'events-sequence');
}

const idsOf = (events: readonly RegistryEvent[]) => events.map(({ id }) => id);

test('a reader whose link is cut again and again is told each event of its tenant once, in the order of the log', async () => {
  const tenant = await newTenant(server);
  await runWorker(server, 'events-sequence');
  const relay = await cuttableRelay(server.url);
  const { events, state } = reading({ url: relay.url, input: { tenant_id: tenant.id } });
  await eventually(() => expect(state.live).toBe(true));
  // Also before the first event: it goes on from the checkpoint.
  relay.cut();
  for (let n = 1; n <= 30; n += 1) {
    await rename(tenant.id, `Name ${n}`);
    if (n % 4 === 0) relay.cut();
  }
  const log = (await logOf(tenant.id)).slice(1);
  expect(log).toHaveLength(30);
  await eventually(() => expect(idsOf(events)).toEqual(log));
  expect(events.at(-1)).toMatchObject({ type: 'tenant.updated', tenant_id: tenant.id, data: { name: 'Name 30' } });
});

test('a program that is started again goes on after the id that it kept', async () => {
  const tenant = await newTenant(server);
  for (const name of ['A', 'B', 'C']) await rename(tenant.id, name);
  const client = createClient({ url: server.url, token: server.operatorToken });
  const told: string[] = [];
  let kept = 'start';
  for (let run = 1; run <= 4; run += 1) {
    for await (const { id } of client.events.subscribe({ tenant_id: tenant.id, after: kept })) {
      told.push(id);
      kept = id;
      break;
    }
  }
  expect(told).toEqual(await logOf(tenant.id));
});

test('a product is told of every tenant, and of the types that it asks for', async () => {
  const client = createClient({ url: server.url, token: server.internalToken });
  const tenants = [await newTenant(server), await newTenant(server)];
  for (const { id: tenant_id } of tenants) await madeIn(server, tenant_id, 'api-keys', { name: 'k' });
  await runWorker(server, 'events-sequence');
  const told: (string | null)[] = [];
  for await (const event of client.events.subscribeAll({ after: 'start', types: ['api_key.created'] })) {
    expect(event.type).toBe('api_key.created');
    if (tenants.some(({ id }) => id === event.tenant_id)) told.push(event.tenant_id);
    if (told.length === 2) break;
  }
  expect(told).toEqual(tenants.map(({ id }) => id));
});

test('a revoked key ends the loop with the refusal', async () => {
  const tenant = await newTenant(server);
  const { id, key } = await madeIn(server, tenant.id, 'api-keys', { name: 'k', scopes: ['registry:events:read'] });
  const relay = await cuttableRelay(server.url);
  const { loop, state } = reading({ token: key, url: relay.url, input: {} });
  await eventually(() => expect(state.live).toBe(true));
  await server.call(`DELETE /v1/api-keys/${id}`);
  relay.cut();
  expect(await rejectionOf(loop)).toMatchObject({ code: 'unauthenticated', status: 401 });
});

test('a reader whose last event is not kept any more is told so, and not of a part', async () => {
  const tenant = await newTenant(server);
  await rename(tenant.id, 'A');
  const relay = await cuttableRelay(server.url);
  const { events, loop } = reading({ url: relay.url, input: { tenant_id: tenant.id, after: 'start' } });
  await eventually(() => expect(events).toHaveLength(2));
  await server.app.deps.db.deleteFrom('events').where('tenant_id', '=', tenant.id).execute();
  relay.cut();
  expect(await rejectionOf(loop)).toMatchObject({ code: 'event_expired', status: 410 });
  expect(events).toHaveLength(2);
});

test('a reader that stops takes no place at the registry', async () => {
  const tenant = await newTenant(server);
  const { eventFeed } = server.app.deps;
  await eventually(() => expect(eventFeed.listening()).toBe(0));
  const { state, stop, loop } = reading({ input: { tenant_id: tenant.id } });
  await eventually(() => expect(state.live).toBe(true));
  expect(eventFeed.listening()).toBe(1);
  stop();
  await loop;
  await eventually(() => expect(eventFeed.listening()).toBe(0));
});
