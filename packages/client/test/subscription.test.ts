// engine: none
import { Readable } from 'node:stream';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { RegistryEvent, SubscriptionState } from '../src/index.ts';
import { cuttableRelay } from './relay.ts';
import { type Answer, breakOff, json, problem, rejectionOf, scripted, TOKEN } from './scripted-server.ts';

const TENANT = '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10';
const idOf = (n: number) => `0192f0c1-7f3a-7c52-9d1e-${String(n).padStart(12, '0')}`;

function eventOf(n: number): RegistryEvent {
  return {
    id: idOf(n),
    type: 'tenant.updated',
    timestamp: '2026-01-31T12:00:00.000Z',
    tenant_id: TENANT,
    project_id: null,
    product: null,
    subject: { type: 'tenant', id: TENANT },
    data: { n },
  } as unknown as RegistryEvent; // whatever the data of the type is
}

const open = (aliveMs = 15_000) => `event: open\ndata: {"alive_ms":${aliveMs}}\n\n`;
const told = (...numbers: readonly number[]) =>
  numbers.map((n) => `id: ${idOf(n)}\ndata: ${JSON.stringify(eventOf(n))}\n\n`).join('');
const checkpoint = (id: string) => `event: checkpoint\nid: ${id}\ndata: {}\n\n`;
const alive = 'event: alive\ndata: {}\n\n';
const bye = 'event: bye\ndata: {"reason":"life"}\n\n';

/** Sends the text, and then ends the answer, breaks the connection or keeps it open. */
const streamed = (text: string, then: 'end' | 'break' | 'stay' = 'end'): Answer => {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(text, () => {
      if (then === 'end') response.end();
      if (then === 'break') response.destroy();
    });
  };
};

/** Takes that many events, and ends the loop. */
async function take(events: AsyncIterable<RegistryEvent>, count: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const event of events) {
    ids.push(event.id);
    if (ids.length === count) break;
  }
  return ids;
}

const ids = (...numbers: readonly number[]) => numbers.map(idOf);
const questions = (seen: readonly { readonly url: string | undefined }[]) =>
  seen.map(({ url }) => Object.fromEntries(new URL(String(url), 'http://registry').searchParams));

test('a subscription asks for its events as the client, and yields each as the registry sent it', async () => {
  const { client, seen } = await scripted([streamed(open() + told(1, 2) + alive, 'stay')]);
  const events = client.events.subscribe({ tenant_id: TENANT, types: ['tenant.updated', 'tenant.created'] });
  for await (const event of events) {
    expect(event).toEqual(eventOf(1));
    break;
  }
  expect(seen.map(({ method, url }) => [method, url?.split('?')[0]])).toEqual([['GET', '/v1/events']]);
  expect(questions(seen)).toEqual([{ tenant_id: TENANT, types: 'tenant.updated,tenant.created' }]);
  expect(seen[0]?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}` });
  await take(client.events.subscribeAll({ after: 'start' }), 1);
  expect(seen[1]?.url).toBe('/v1/internal/events?after=start');
});

test.each(['end', 'break'] as const)(
  'after a connection that came to its %s, it goes on after the last event',
  async (then) => {
    const { client, seen, pauses } = await scripted([
      streamed(open() + told(1, 2), then),
      streamed(open(), then),
      streamed(open() + told(3), then),
      streamed(open() + told(4), 'stay'),
    ]);
    expect(await take(client.events.subscribe({ after: 'start', types: ['tenant.updated'] }), 4)).toEqual(
      ids(1, 2, 3, 4),
    );
    const types = 'tenant.updated';
    expect(questions(seen)).toEqual([
      { after: 'start', types },
      { after: idOf(2), types },
      { after: idOf(2), types },
      { after: idOf(3), types },
    ]);
    // The pause grows while nothing comes.
    expect(pauses).toEqual([200, 400, 200]);
  },
);

test('what the registry says before it ends a connection is its last word', async () => {
  const { client, seen } = await scripted([
    streamed(open() + told(1) + bye + told(9), 'stay'),
    streamed(open() + told(2), 'stay'),
  ]);
  expect(await take(client.events.subscribe(), 2)).toEqual(ids(1, 2));
  expect(questions(seen)).toEqual([{}, { after: idOf(1) }]);
});

test('a checkpoint is where it goes on, also before the first event and in an empty log', async () => {
  const { client, seen } = await scripted([
    streamed(open() + checkpoint('start')),
    streamed(open() + checkpoint(idOf(7)) + alive),
    streamed(open() + told(8) + checkpoint(idOf(9)), 'break'),
    streamed(open() + told(10), 'stay'),
  ]);
  expect(await take(client.events.subscribe(), 2)).toEqual(ids(8, 10));
  expect(questions(seen)).toEqual([{}, { after: 'start' }, { after: idOf(7) }, { after: idOf(9) }]);
});

test('each loop over a subscription begins where the caller said', async () => {
  const { client, seen } = await scripted([streamed(open() + told(1, 2), 'stay')]);
  const events = client.events.subscribe({ after: idOf(0) });
  await take(events, 2);
  await take(events, 1);
  expect(questions(seen)).toEqual([{ after: idOf(0) }, { after: idOf(0) }]);
});

test('a registry that cannot answer is asked again, later each time and never before Retry-After', async () => {
  const { client, pauses, seen } = await scripted([
    problem(429, 'too_many_listeners', { 'retry-after': '7' }),
    problem(503, 'overloaded', { 'retry-after': '1' }),
    json(502, 'a proxy'),
    problem(500, 'internal'),
    breakOff,
    problem(429, 'rate_limited'),
    problem(503, 'overloaded'),
    streamed(open() + told(1)),
    streamed(open() + told(2), 'stay'),
  ]);
  expect(await take(client.events.subscribe({ after: 'start' }), 2)).toEqual(ids(1, 2));
  expect(pauses).toEqual([7_200, 1_400, 800, 1_600, 3_200, 5_000, 5_000, 200]);
  expect(questions(seen).map(({ after }) => after)).toEqual([...Array(8).fill('start'), idOf(1)]);
});

test.each([
  [400, 'invalid_input'],
  [401, 'unauthenticated'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [410, 'event_expired'],
])('a refusal with %s is the caller’s to deal with: it is thrown, also after events', async (status, code) => {
  const { client, seen } = await scripted([streamed(open() + told(1)), problem(status, code)]);
  const yielded: string[] = [];
  const error = await rejectionOf(
    (async () => {
      for await (const { id } of client.events.subscribe()) yielded.push(id);
    })(),
  );
  expect(error).toMatchObject({ name: 'RegistryError', code, status, requestId: 'request-1' });
  expect(JSON.stringify(error)).not.toContain(TOKEN);
  expect(yielded).toEqual(ids(1));
  expect(seen).toHaveLength(2);
});

test.each([
  ['no JSON', 'data: {"id":\n\n'],
  ['no object', 'data: 7\n\n'],
  ['no id', `data: ${JSON.stringify({ ...eventOf(1), id: undefined })}\n\n`],
  ['no subject', `data: ${JSON.stringify({ ...eventOf(1), subject: 'tenant' })}\n\n`],
  ['no data', `data: ${JSON.stringify({ ...eventOf(1), data: null })}\n\n`],
  ['no interval', 'event: open\ndata: {"alive_ms":"soon"}\n\n'],
  ['no end', `data: ${'x'.repeat(1_100_000)}`],
])('a stream with %s ends the loop with invalid_response', async (_, text) => {
  const { client, seen } = await scripted([streamed(text, 'stay')]);
  expect(await rejectionOf(take(client.events.subscribe(), 1))).toMatchObject({
    name: 'RegistryError',
    code: 'invalid_response',
  });
  expect(seen).toHaveLength(1);
});

test('an answer that is no stream ends the loop with invalid_response', async () => {
  const { client } = await scripted([json(200, {})]);
  expect(await rejectionOf(take(client.events.subscribe(), 1))).toMatchObject({ code: 'invalid_response' });
});

test('messages of a newer registry are passed over', async () => {
  const text = `${open()}event: weather\nid: ${idOf(5)}\ndata: {"sun":true}\n\n: a comment\n\n${told(6)}`;
  const { client } = await scripted([streamed(text, 'stay')]);
  expect(await take(client.events.subscribe(), 1)).toEqual(ids(6));
});

test('the error of a token function reaches the loop', async () => {
  const own = new Error('the vault is closed');
  const { client } = await scripted([streamed(open(), 'stay')], { token: () => Promise.reject(own) });
  expect(await rejectionOf(take(client.events.subscribe(), 1))).toBe(own);
});

test('a connection that is silent for three intervals is replaced', async () => {
  const { client, seen } = await scripted([streamed(open(20) + told(1), 'stay'), streamed(open() + told(2), 'stay')]);
  const states: SubscriptionState[] = [];
  expect(await take(client.events.subscribe({}, { onState: (state) => states.push(state) }), 2)).toEqual(ids(1, 2));
  expect(questions(seen)).toEqual([{}, { after: idOf(1) }]);
  expect(states).toMatchObject([{ live: true }, { live: false, error: { code: 'timeout' } }, { live: true }]);
});

test('a connection on which only signs of life come is kept', async () => {
  let beating: NodeJS.Timeout | undefined;
  onTestFinished(() => clearInterval(beating));
  const { client, seen } = await scripted([
    (response) => {
      streamed(open(500) + told(1), 'stay')(response);
      let beats = 0;
      beating = setInterval(() => {
        beats += 1;
        response.write(beats === 20 ? told(2) : alive);
      }, 100);
    },
  ]);
  expect(await take(client.events.subscribe(), 2)).toEqual(ids(1, 2));
  expect(seen).toHaveLength(1);
});

test('the state is told once for each change, with the reason of a loss; planned ends are no loss', async () => {
  const { client } = await scripted([
    problem(503, 'overloaded'),
    problem(503, 'overloaded'),
    streamed(open() + told(1) + bye),
    streamed(open() + told(2), 'break'),
    streamed(open() + told(3), 'stay'),
  ]);
  const states: SubscriptionState[] = [];
  await take(client.events.subscribe({}, { onState: (state) => states.push(state) }), 3);
  expect(states).toMatchObject([
    { live: false, error: { code: 'overloaded' } },
    { live: true },
    { live: false, error: { code: 'network' } },
    { live: true },
  ]);
});

/** Counts the connections that were closed. */
function closeable(text: string) {
  const state = { closed: 0 };
  const answer: Answer = (response) => {
    response.on('close', () => {
      state.closed += 1;
    });
    streamed(text, 'stay')(response);
  };
  return { state, answer };
}

test('its signal ends the loop without an error and closes the connection, also while nothing comes', async () => {
  const { state, answer } = closeable(open() + told(1));
  const { client, seen } = await scripted([answer]);
  const controller = new AbortController();
  const yielded: string[] = [];
  const loop = (async () => {
    for await (const { id } of client.events.subscribe({}, { signal: controller.signal })) yielded.push(id);
  })();
  await expect.poll(() => yielded).toEqual(ids(1));
  controller.abort();
  await loop;
  await expect.poll(() => state.closed).toBe(1);
  for await (const { id } of client.events.subscribe({}, { signal: controller.signal })) yielded.push(id);
  expect([yielded.length, seen.length]).toEqual([1, 1]);
});

test('its signal ends the pause between two connections', async () => {
  const controller = new AbortController();
  const { client, pauses, seen } = await scripted([problem(503, 'overloaded', { 'retry-after': '1000' })]);
  const onState = () => controller.abort();
  for await (const _ of client.events.subscribe({}, { signal: controller.signal, onState }))
    throw new Error('an event');
  expect([pauses, seen.length]).toEqual([[1_000_200], 1]);
});

test('a loop that ends early closes the connection, and so does a reader that stops while it waits', async () => {
  const { state, answer } = closeable(open() + told(1));
  const { client, seen } = await scripted([answer]);
  await take(client.events.subscribe(), 1);
  await expect.poll(() => state.closed).toBe(1);
  const readable = Readable.from(client.events.subscribe());
  const heard = vi.fn();
  readable.on('data', heard);
  await expect.poll(() => heard.mock.calls.length).toBe(1);
  readable.destroy();
  await expect.poll(() => state.closed).toBe(2);
  expect(seen).toHaveLength(2);
});

test('through a link that is cut again and again, each event comes once and in order', async () => {
  const LAST = 60;
  // A registry that writes one event after the other, from the one after which it is asked.
  const registry = await scripted([
    (response) => {
      const from = Number(questions(registry.seen).at(-1)?.['after']?.slice(-12) ?? 0);
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(open() + checkpoint(idOf(from)));
      const write = (n: number) => {
        if (n > LAST || response.destroyed) return;
        response.write(told(n), () => setImmediate(write, n + 1));
      };
      write(from + 1);
    },
  ]);
  const link = await cuttableRelay(registry.url);
  const { client } = await scripted([], { url: link.url });
  const yielded: string[] = [];
  for await (const { id } of client.events.subscribe({ after: idOf(0) })) {
    yielded.push(id);
    if (yielded.length === LAST) break;
    if (yielded.length % 7 === 0) link.cut();
  }
  expect(yielded).toEqual(Array.from({ length: LAST }, (_, index) => idOf(index + 1)));
  expect(registry.seen.length).toBeGreaterThan(2);
});
