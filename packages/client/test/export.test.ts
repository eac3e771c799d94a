import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newTenant, startTestServer, type TestServer } from '../../server/test/support/server.ts';
import { type AuditEvent, type Client, createClient } from '../src/index.ts';
import { type Answer, json, problem, rejectionOf, scripted } from './scripted-server.ts';

let server: TestServer;
let client: Client;
beforeAll(async () => {
  server = await startTestServer();
  client = createClient({ url: server.url, token: server.operatorToken });
});
afterAll(() => server.close());

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const item of items) seen.push(item);
  return seen;
}

/** A tenant with many events, umlauts among them. */
async function tenantWithEvents(count: number): Promise<string> {
  const { id } = await newTenant(server);
  const event = { tenant_id: id, actor: { type: 'user', id: 'u-1' }, description: 'größer' };
  const events = Array.from({ length: count }, (_, index) => ({ ...event, action: `report.${index}` }));
  await server.call('POST /v1/audit/bulk', { body: { events } });
  return id;
}

test('every event comes, as the list gives it, and a second loop asks again', async () => {
  const tenant_id = await tenantWithEvents(450);
  const listed = await all(client.audit.list({ tenant_id, limit: 200 }));
  expect(listed).toHaveLength(451);
  const exported = client.audit.export({ tenant_id });
  expect(await all<AuditEvent>(exported)).toEqual(listed);
  expect(await all(client.audit.export({ tenant_id, action: 'report.7', format: 'ndjson' }))).toHaveLength(1);
  expect(await all(exported)).toHaveLength(451);
});

test('CSV comes as text', async () => {
  const tenant_id = await tenantWithEvents(3);
  const lines = (await all(client.audit.export({ tenant_id, format: 'csv' }))).join('').trimEnd().split('\r\n');
  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatch(/^id,created_at,/);
  expect(lines[1]).toContain('größer');
});

test('no event is no failure', async () => {
  const tenant_id = '01890000-0000-7000-8000-000000000000';
  expect(await all(client.audit.export({ tenant_id }))).toEqual([]);
});

test('what is wrong with a filter is told in the loop, as everywhere', async () => {
  const wrong = client.audit.export({ tenant_id: 'x' });
  expect(await rejectionOf(all(wrong))).toMatchObject({
    code: 'invalid_input',
    status: 400,
    requestId: expect.any(String),
  });
  const stranger = createClient({ url: server.url, token: server.internalToken });
  expect(await rejectionOf(all(stranger.audit.export()))).toMatchObject({ code: 'forbidden', status: 403 });
});

describe('on the way', () => {
  const type = { 'content-type': 'application/x-ndjson' };
  const slowly =
    (pauseMs: number, pieces: readonly (string | Uint8Array)[]): Answer =>
    async (response) => {
      response.writeHead(200, type);
      for (const piece of pieces) {
        response.write(piece);
        await sleep(pauseMs);
      }
      response.end();
    };
  const text = (...pieces: readonly (string | Uint8Array)[]) => slowly(5, pieces);
  const broken: Answer = (response) => {
    response.writeHead(200, type);
    response.write('{"n":1}\n', () => response.destroy());
  };
  const stuck: Answer = (response) => void response.writeHead(200, type).write('{"n":1}\n');

  test('lines and characters are whole, wherever the pieces end', async () => {
    const bytes = new TextEncoder().encode('{"n":"ü"}\n');
    const { client, seen } = await scripted([text('{"n":1}\n{"n"', ':2}', '\n', bytes.slice(0, 7), bytes.slice(7))]);
    expect(await all(client.audit.export({ action: 'a b&c', tenant_id: undefined }))).toEqual([
      { n: 1 },
      { n: 2 },
      { n: 'ü' },
    ]);
    expect(seen[0]?.url).toBe('/v1/audit/export?action=a+b%26c');
  });

  test('nothing is asked for before the loop begins; then it is, again after 503', async () => {
    const { client, seen, pauses } = await scripted([
      problem(503, 'unavailable', { 'retry-after': '1' }),
      text('{}\n'),
    ]);
    const events = client.audit.export();
    await sleep(20);
    expect(seen).toHaveLength(0);
    expect(await all(events)).toEqual([{}]);
    expect(pauses).toEqual([1_200]);
  });

  test('a connection that breaks ends the loop with an error, not as if that were all', async () => {
    const { client, seen } = await scripted([broken]);
    const events: unknown[] = [];
    const loop = async () => {
      for await (const event of client.audit.export()) events.push(event);
    };
    expect(await rejectionOf(loop())).toMatchObject({ name: 'RegistryError', code: 'network' });
    expect(events).toEqual([{ n: 1 }]);
    expect(seen).toHaveLength(1);
  });

  test('each piece has the time of a call, and the caller can end it', async () => {
    const { client } = await scripted([stuck]);
    expect(await rejectionOf(all(client.audit.export({}, { timeoutMs: 100 })))).toMatchObject({ code: 'timeout' });
    const controller = new AbortController();
    const loop = async () => {
      for await (const _ of client.audit.export({}, { signal: controller.signal }))
        controller.abort(new Error('enough'));
    };
    expect(await rejectionOf(loop())).toMatchObject({ code: 'aborted', cause: { message: 'enough' } });
  });

  test('many pieces may take longer together than one may', async () => {
    const pieces = Array.from({ length: 15 }, () => '{}\n');
    const { client } = await scripted([slowly(60, pieces)]);
    expect(await all(client.audit.export({}, { timeoutMs: 600 }))).toHaveLength(15);
  });

  test('a loop that ends early lets go of the connection', async () => {
    let closed: Promise<void> | undefined;
    const { client } = await scripted([
      (response) => {
        closed = new Promise((resolve) => void response.on('close', resolve));
        stuck(response);
      },
    ]);
    for await (const _ of client.audit.export()) break;
    await closed;
  });

  test.each([
    ['a page', json(200, {}, { 'content-type': 'text/html' })],
    ['a line that is no JSON', text('<html>\n')],
    ['a last line without an end', text('{}\n{')],
  ])('%s is not of the registry', async (_, answer) => {
    const { client } = await scripted([answer]);
    expect(await rejectionOf(all(client.audit.export()))).toMatchObject({ code: 'invalid_response', status: 200 });
  });
});
