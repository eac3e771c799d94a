// engine: none
import { expect, test } from 'vitest';
import type { ChangeEvent } from '../src/index.ts';
import { type Answer, json, problem, rejectionOf, scripted, TOKEN } from './scripted-server.ts';

const type = { 'content-type': 'text/event-stream' };

/** Sends the text, and then ends the answer, breaks the connection or keeps it open. */
const streamed = (text: string, then: 'end' | 'break' | 'stay' = 'end'): Answer => {
  return (response) => {
    response.writeHead(200, type);
    response.write(text, () => {
      if (then === 'end') response.end();
      if (then === 'break') response.destroy();
    });
  };
};

async function all(events: AsyncIterable<ChangeEvent>): Promise<ChangeEvent[]> {
  const seen: ChangeEvent[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

const text = [
  'event: open\ndata: {"alive_ms":1000,"settle_ms":2000}\n\n',
  'event: reset\nid: e-1\ndata: {}\n\n',
  'event: alive\ndata: {"elapsed_ms":3}\n\n',
  'event: something_new\ndata: 1\n\n',
  'event: change\nid: e-2\ndata: {"tenant_ids":["a","b"]}\n\n',
  'event: down\ndata: {}\n\n',
].join('');

test('the loop yields each documented event, passes over unknown ones, and ends with the stream', async () => {
  const { client, seen } = await scripted([streamed(text)]);
  expect(await all(client.changes.stream())).toEqual([
    { type: 'open', alive_ms: 1000, settle_ms: 2000 },
    { type: 'reset', id: 'e-1' },
    { type: 'alive', elapsed_ms: 3 },
    { type: 'change', id: 'e-2', tenant_ids: ['a', 'b'] },
    { type: 'down' },
  ]);
  expect(seen.map(({ method, url }) => [method, url])).toEqual([['GET', '/v1/internal/changes']]);
  expect(seen[0]?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}` });
  expect(seen[0]?.headers).not.toHaveProperty('last-event-id');
});

test('lastEventId is sent with the request of each loop', async () => {
  const { client, seen } = await scripted([streamed(text)]);
  const feed = client.changes.stream({}, { lastEventId: 'e-7' });
  await all(feed);
  await all(feed);
  expect(seen.map(({ headers }) => headers['last-event-id'])).toEqual(['e-7', 'e-7']);
});

test.each([
  ['change', '{"tenant_ids":"a"}'],
  ['change', '{"tenant_ids":[1]}'],
  ['change', 'no JSON'],
  ['alive', '{"elapsed_ms":-1}'],
  ['alive', '{"elapsed_ms":"1"}'],
  ['open', '{"alive_ms":1000}'],
  ['open', 'null'],
])('an event in an undocumented form (%s, %s) ends the loop with invalid_response', async (name, data) => {
  const { client } = await scripted([streamed(`event: ${name}\ndata: ${data}\n\n`, 'stay')]);
  expect(await rejectionOf(all(client.changes.stream()))).toMatchObject({ code: 'invalid_response', status: 200 });
});

test('a connection that breaks rejects in the loop, without a retry', async () => {
  const { client, seen } = await scripted([streamed(text, 'break')]);
  const error = await rejectionOf(all(client.changes.stream()));
  expect(error).toMatchObject({ code: 'network' });
  expect(JSON.stringify(error)).not.toContain(TOKEN);
  expect(seen).toHaveLength(1);
});

test('a refusal rejects at once with the error of the registry, and another answer with invalid_response', async () => {
  const busy = await scripted([problem(503, 'overloaded', { 'retry-after': '7' })]);
  expect(await rejectionOf(all(busy.client.changes.stream()))).toMatchObject({ code: 'overloaded', retryAfter: 7 });
  expect([busy.seen.length, busy.pauses.length]).toEqual([1, 0]);
  const other = await scripted([json(200, {})]);
  expect(await rejectionOf(all(other.client.changes.stream()))).toMatchObject({ code: 'invalid_response' });
});

test('a loop that ends early or by its signal closes the connection', async () => {
  let closed = 0;
  const { client } = await scripted([
    (response) => {
      response.on('close', () => {
        closed += 1;
      });
      streamed(text, 'stay')(response);
    },
  ]);
  for await (const { type } of client.changes.stream()) if (type === 'open') break;
  await expect.poll(() => closed).toBe(1);
  const controller = new AbortController();
  const aborted = rejectionOf(
    (async () => {
      for await (const { type } of client.changes.stream({}, { signal: controller.signal })) {
        if (type === 'down') controller.abort();
      }
    })(),
  );
  expect(await aborted).toMatchObject({ code: 'aborted' });
  await expect.poll(() => closed).toBe(2);
});
