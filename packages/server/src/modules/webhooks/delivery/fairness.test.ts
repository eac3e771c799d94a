// engine: postgres
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import {
  attemptsOf,
  changeThings,
  deliveriesOf,
  newEndpoint,
  newEngine,
  startReceiver,
  toLoopback,
} from '../../../../test/support/deliveries.ts';
import { newTenant, runWorker, testServer } from '../../../../test/support/server.ts';
import { type OutboundEntry, outboundEntry } from '../../../kernel/outbound/policy.ts';
import { createOutbound } from '../../../kernel/outbound.ts';
import { createAttempts } from './attempt.ts';
import { createLanes } from './lanes.ts';

const server = testServer({ outbound: toLoopback });
const clock = () => new Date();
const attemptsWithin = (timeoutMs: number) =>
  createAttempts({ outbound: toLoopback, clock, source: 'urn:test', timeoutMs });

const badly: Record<string, (response: ServerResponse) => void> = {
  'never answers': () => {},
  'answers one byte a second': (response) => {
    const drip = setInterval(() => response.write('x'), 1_000);
    response.on('close', () => clearInterval(drip));
  },
  'answers without an end': (response) => {
    const more = () => {
      if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(more));
    };
    more();
  },
  'closes in the middle': (response) => {
    response.writeHead(200, { 'content-length': 100 }).write('x');
    setImmediate(() => response.destroy());
  },
  'answers 200 when it is too late': (response) => {
    setTimeout(() => response.end(), 2_000);
  },
};

test.each(Object.keys(badly))(
  'an endpoint that %s costs its own places, and its neighbour is delivered to',
  async (how) => {
    const [bad, good] = [await startReceiver(), await startReceiver()];
    bad.answer((response) => badly[how]?.(response));
    const tenant_id = (await newTenant(server)).id;
    const things = Array.from({ length: 30 }, (_, index) => `t${index}`);
    const badly_ = await newEndpoint(server, { tenant_id, url: bad.url, last_ok_ms: 5 });
    await newEndpoint(server, { tenant_id, url: good.url, last_ok_ms: 5 });
    await changeThings(server, tenant_id, things);
    // So few places that the bad endpoint's attempts would fill them, were they not bounded.
    const lanes = createLanes({ fast: 32, slow: 32 });
    const engine = newEngine(server, { lanes, attempts: attemptsWithin(1_000) });
    await expect
      .poll(async () => {
        await engine.claim();
        expect(32 - lanes.room('fast') + (32 - lanes.room('slow'))).toBeLessThanOrEqual(8);
        expect(bad.sockets.size).toBeLessThanOrEqual(4);
        return good.received.length;
      })
      .toBe(30);
    await engine.idle();
    const attempts = await attemptsOf(server, badly_);
    if (how === 'answers without an end') {
      // It did answer 200: what follows its first 16 KiB is not read.
      expect(attempts[0]).toMatchObject({ status: 200, error: null });
      expect(Buffer.byteLength(attempts[0]?.excerpt ?? '')).toBe(1_024);
    } else expect(attempts[0]).toMatchObject({ status: null, error: expect.stringMatching(/in time|reached/) });
    await expect.poll(() => bad.sockets.size).toBeLessThanOrEqual(how === 'answers without an end' ? 4 : 0);
  },
);

test('an attempt that lasts moves to the slow lane, so that its place among the fast is free', async () => {
  const receiver = await startReceiver();
  receiver.answer(() => {});
  const tenant_id = (await newTenant(server)).id;
  await newEndpoint(server, { tenant_id, url: receiver.url, last_ok_ms: 5 });
  await changeThings(server, tenant_id, ['a', 'b']);
  const lanes = createLanes();
  const engine = newEngine(server, { lanes, limits: { deliveries: 20, ms: 10_000, atOnce: 4, slowAfterMs: 200 } });
  await engine.claim();
  await expect.poll(() => receiver.received.length).toBe(2);
  await expect.poll(() => [lanes.room('fast'), lanes.room('slow')]).toEqual([48, 254]);
  await engine.close();
  expect([lanes.room('fast'), lanes.room('slow')]).toEqual([48, 256]);
});

test('endpoints of one tenant that do not answer take a quarter of the slow lane, and the others their turns', async () => {
  const silent = await startReceiver();
  silent.answer(() => {});
  const good = await startReceiver();
  const [greedy, other] = [(await newTenant(server)).id, (await newTenant(server)).id];
  for (let n = 0; n < 10; n += 1) await newEndpoint(server, { tenant_id: greedy, url: silent.url });
  await newEndpoint(server, { tenant_id: other, url: good.url });
  await changeThings(server, greedy, ['a', 'b', 'c', 'd']);
  await changeThings(server, other, ['a', 'b', 'c', 'd']);
  const lanes = createLanes({ fast: 8, slow: 8 });
  const engine = newEngine(server, { lanes });
  await expect
    .poll(async () => {
      await engine.claim();
      return good.received.length;
    })
    .toBe(4);
  expect(silent.received.length).toBeLessThanOrEqual(2);
  expect(lanes.taken('slow').get(greedy)).toBe(2);
});

test('a dead endpoint with many deliveries costs one attempt at a time', async () => {
  let connections = 0;
  const dead = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  onTestFinished(() => void dead.close());
  await new Promise<void>((resolve) => dead.listen(0, '127.0.0.1', resolve));
  const { port } = dead.address() as { port: number };
  const tenant_id = (await newTenant(server)).id;
  const endpoint = await newEndpoint(server, { tenant_id, url: `http://127.0.0.1:${port}/` });
  await changeThings(
    server,
    tenant_id,
    Array.from({ length: 500 }, (_, index) => `t${index}`),
  );
  const engine = newEngine(server);
  await engine.run();
  const before = connections;
  expect(before).toBeLessThanOrEqual(6);
  for (let look = 0; look < 5; look += 1) {
    await runWorker(server, 'webhooks-wake');
    await engine.run();
  }
  expect(connections).toBe(before);
  expect(await deliveriesOf(server, endpoint)).toHaveLength(500);
});

test.each([
  ['https://rebound.example/', 'The host has no public address.'],
  ['https://169.254.169.254/latest/meta-data/', 'The host has no public address.'],
  ['http://example.com/', 'Only https is fetched.'],
])('nothing is sent to %s, and the attempt says why without an address', async (url, error) => {
  const tenant_id = (await newTenant(server)).id;
  const endpoint = await newEndpoint(server, { tenant_id, url });
  await changeThings(server, tenant_id, ['a']);
  const resolve = async () => [{ address: '10.0.0.1', family: 4 }];
  const outbound = createOutbound({ allow: [outboundEntry('127.0.0.1') as OutboundEntry], resolve });
  await newEngine(server, { attempts: createAttempts({ outbound, clock, source: 'urn:test' }) }).run();
  expect(await attemptsOf(server, endpoint)).toMatchObject([{ status: null, error }]);
});

test('the age of what waits is measured by lane', async () => {
  const tenant_id = (await newTenant(server)).id;
  const endpoint = await newEndpoint(server, { tenant_id, url: 'https://hooks.example/', last_ok_ms: 5 });
  await changeThings(server, tenant_id, ['a']);
  await server.app.deps.db
    .updateTable('webhook_deliveries')
    .set({ created_at: new Date(Date.now() - 3_600_000).toISOString() })
    .where('endpoint_id', '=', endpoint)
    .execute();
  await runWorker(server, 'webhooks-report');
  const text = await server.app.deps.metrics.registry.metrics();
  const seconds = /webhook_oldest_undelivered_seconds\{lane="fast"\} ([\d.]+)/.exec(text)?.[1];
  expect(Number(seconds)).toBeGreaterThanOrEqual(3_599);
});
