import { connect } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { newTenant, startTestServer, type TestServer } from '../../../test/support/server.ts';
import { FIRST_TENANT } from '../../kernel/first-tenant.ts';
import { changesExample } from './schema.ts';

const TENANT = FIRST_TENANT.id;

let shared: TestServer;
beforeAll(async () => {
  shared = await startLeaseholder();
});
afterAll(() => shared.close());

async function startLeaseholder(): Promise<TestServer> {
  const server = await startTestServer();
  await server.app.deps.leases.start();
  return server;
}

/** Listens until the test is over. */
async function listen(server: TestServer, lastEventId?: string) {
  const controller = new AbortController();
  const response = await fetch(`${server.url}/v1/internal/changes`, {
    headers: {
      authorization: `Bearer ${server.internalToken}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: controller.signal,
  });
  const leave = () => controller.abort();
  onTestFinished(leave);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const until = async (part: RegExp) => {
    while (!part.test(text)) {
      const { value, done } = (await reader?.read()) ?? { done: true };
      if (done) throw new Error(`it ended after ${JSON.stringify(text)}`);
      text += value;
    }
    return text;
  };
  return { response, reader, until, leave };
}

/** As a change that is made there: forgotten before it is answered. */
function tell(server: TestServer, tenantIds: readonly string[]): Promise<void> {
  return server.app.deps.leases.settle(tenantIds, [], 'committed');
}

test('a product hears of changes as they happen, in the form that the document shows', async () => {
  const { response, until } = await listen(shared);
  const { status, headers } = response;
  expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
    200,
    'text/event-stream',
    'no-store',
  ]);
  expect(headers.has('content-disposition')).toBe(false);
  await until(/event: alive/);
  await tell(shared, [TENANT]);
  const shape = (text: string) =>
    text
      .replace(/id: \w{16}-\d+/g, 'id: …')
      .replace(/"elapsed_ms":\d+/, '"elapsed_ms":0')
      .replace(/event: alive.*\n.*\n\n(?=event: alive)/g, '');
  expect(shape(await until(/event: change\n.*\n.*\n\n/))).toBe(shape(changesExample['text/event-stream']));
});

test('a product that comes back with the last id it saw is told what it missed', async () => {
  const first = await listen(shared);
  const [, id] = /id: (\S+)/.exec(await first.until(/event: alive/)) ?? [];
  first.leave();
  await tell(shared, [TENANT]);
  const second = await listen(shared, id);
  const text = await second.until(/event: alive/);
  expect(text).toContain(TENANT);
  expect(text).not.toContain('reset');
});

test('the change of a key, of an entitlement and of a tenant is told, and a new key is none', async () => {
  const { id: tenant_id } = await newTenant(shared);
  const { body: key } = await shared.call('POST /v1/api-keys', { body: { tenant_id, name: 'k' } });
  const { until } = await listen(shared);
  await until(/event: alive/);
  await shared.call('POST /v1/api-keys', { body: { tenant_id, name: 'another' } });
  const steps = [
    shared.call.bind(null, `DELETE /v1/api-keys/${key.id}`),
    shared.call.bind(null, 'PUT /v1/entitlements', { body: { tenant_id, product: 'certifai' } }),
    shared.call.bind(null, `POST /v1/tenants/${tenant_id}/cancel`),
  ];
  for (const [index, step] of steps.entries()) {
    expect((await step()).status).toBeLessThan(300);
    // The replica that makes a change tells it before the commit and again before the answer.
    const times = 2 * (index + 1);
    const text = await until(new RegExp(String.raw`(event: change\n.*\n.*\n\n[^]*){${times}}`));
    const told = text.match(/event: change\n.*\n.*/g);
    expect(told).toHaveLength(times);
    expect(told?.at(-1)).toContain(tenant_id);
  }
});

test('a replica without a lease says that it may miss changes, and tells to forget everything when it has one', async () => {
  const server = await startLeaseholder();
  onTestFinished(() => server.close());
  const { until } = await listen(server);
  await until(/event: alive/);
  await server.app.deps.leases.settle([], [], 'unknown');
  // It is given up, and there is a new one soon.
  await until(/event: alive[\s\S]*event: reset[\s\S]*event: alive/);
  await server.app.deps.leases.stop();
  await until(/event: reset\nid: .*\ndata: {}\n\nevent: down/);
});

test('a caller that may not verify keys may not listen, and gets a problem', async () => {
  const refused = await shared.call('GET /v1/internal/changes');
  expect([refused.status, refused.body.code, refused.body.permission]).toEqual([403, 'forbidden', 'api_keys:verify']);
  const stranger = await shared.call('GET /v1/internal/changes', { token: null });
  expect([stranger.status, stranger.body.code]).toEqual([401, 'unauthenticated']);
});

test('listeners that go away, and requests that only look, leave nothing behind', async () => {
  const { changeFeed } = shared.app.deps;
  await eventually(() => expect(changeFeed.listening()).toBe(0));
  expect((await shared.call('HEAD /v1/internal/changes', { token: shared.internalToken })).status).toBe(200);
  expect(changeFeed.listening()).toBe(0);
  const { until, leave } = await listen(shared);
  await until(/event: alive/);
  expect(changeFeed.listening()).toBe(1);
  leave();
  await eventually(() => expect(changeFeed.listening()).toBe(0));
  // A leaving listener is logged at no level that asks for attention.
  expect(shared.logs.filter((line) => line.includes('"reqId"') && !line.includes('"level":"info"'))).toEqual([]);
});

test('the server closes at once although products listen', async () => {
  const server = await startLeaseholder();
  const listeners = [await listen(server), await listen(server)];
  for (const { until } of listeners) await until(/event: alive/);
  await server.close();
  for (const { reader } of listeners) {
    let last = await reader?.read();
    while (last?.done === false) last = await reader?.read();
    expect(last?.done).toBe(true);
  }
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
});

test('a reader that stops reading is disconnected', async () => {
  const { hostname, port } = new URL(shared.url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  const open = vi.spyOn(shared.app.deps.changeFeed, 'open');
  onTestFinished(() => open.mockRestore());
  socket.write(`GET /v1/internal/changes HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${shared.internalToken}\r\n\r\n`);
  socket.pause();
  await eventually(() => expect(open).toHaveBeenCalled());
  const { cut } = open.mock.results[0]?.value ?? {};
  const tenants = Array.from({ length: 500 }, () => TENANT);
  // As much as the system takes for it, and then more than is kept.
  await eventually(() => {
    for (let told = 0; told < 20; told += 1) void tell(shared, tenants);
    expect(cut.aborted).toBe(true);
  });
  socket.resume();
  await new Promise((resolve) => socket.once('close', resolve));
});
