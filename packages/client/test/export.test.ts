import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { newTenant, startTestServer, type TestServer } from '../../server/test/support/server.ts';
import { type AuditEvent, type Client, createClient } from '../src/index.ts';
import { type Answer, json, problem, rejectionOf, scripted, TOKEN } from './scripted-server.ts';

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

/** Creates a tenant with this number of events and an umlaut in each. */
async function tenantWithEvents(count: number): Promise<string> {
  const { id } = await newTenant(server);
  const event = { tenant_id: id, actor: { type: 'user', id: 'u-1' }, description: 'größer' };
  const events = Array.from({ length: count }, (_, index) => ({ ...event, action: `report.${index}` }));
  await server.call('POST /v1/audit/bulk', { body: { events } });
  return id;
}

test('each loop over an export yields all events, equal to those of the list', async () => {
  const tenant_id = await tenantWithEvents(450);
  const listed = await all(client.audit.list({ tenant_id, limit: 200 }));
  expect(listed).toHaveLength(451);
  const exported = client.audit.export({ tenant_id });
  expect(await all<AuditEvent>(exported)).toEqual(listed);
  expect(await all(client.audit.export({ tenant_id, action: 'report.7', format: 'ndjson' }))).toHaveLength(1);
  expect(await all(exported)).toHaveLength(451);
});

test('an export as CSV yields text', async () => {
  const tenant_id = await tenantWithEvents(3);
  const lines = (await all(client.audit.export({ tenant_id, format: 'csv' }))).join('').trimEnd().split('\r\n');
  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatch(/^id,created_at,/);
  expect(lines[1]).toContain('größer');
});

test('an export without events ends without a failure', async () => {
  const tenant_id = '01890000-0000-7000-8000-000000000000';
  expect(await all(client.audit.export({ tenant_id }))).toEqual([]);
});

test('an invalid filter and a missing permission reject in the loop with a RegistryError', async () => {
  const wrong = client.audit.export({ tenant_id: 'x' });
  expect(await rejectionOf(all(wrong))).toMatchObject({
    code: 'invalid_input',
    status: 400,
    requestId: expect.any(String),
  });
  const stranger = createClient({ url: server.url, token: server.internalToken });
  expect(await rejectionOf(all(stranger.audit.export()))).toMatchObject({ code: 'forbidden', status: 403 });
});

describe('the stream', () => {
  const type = { 'content-type': 'application/x-ndjson' };
  const text =
    (...chunks: readonly (string | Uint8Array)[]): Answer =>
    (response) => {
      response.writeHead(200, type);
      for (const chunk of chunks) response.write(chunk);
      response.end();
    };
  const broken: Answer = (response) => {
    response.writeHead(200, type);
    response.write('{"n":1}\n', () => response.destroy());
  };
  const stuck: Answer = (response) => void response.writeHead(200, type).write('{"n":1}\n');

  test('lines and characters are read whole, wherever the chunks end', async () => {
    const bytes = new TextEncoder().encode('{"n":"ü"}\n');
    const { client, seen } = await scripted([text('{"n":1}\n{"n"', ':2}', '\n', bytes.slice(0, 7), bytes.slice(7))]);
    expect(await all(client.audit.export({ action: 'a b&c', tenant_id: undefined }))).toEqual([
      { n: 1 },
      { n: 2 },
      { n: 'ü' },
    ]);
    expect(seen[0]?.url).toBe('/v1/audit/export?action=a+b%26c');
  });

  test('the request is sent when the loop begins, and repeated after 503', async () => {
    const sent: string[] = [];
    const recording = (url: string, init: RequestInit) => {
      sent.push(url);
      return fetch(url, init);
    };
    const answers = [problem(503, 'unavailable', { 'retry-after': '1' }), text('{}\n')];
    const { client, pauses } = await scripted(answers, { fetch: recording });
    const events = client.audit.export();
    await new Promise(setImmediate);
    expect(sent).toHaveLength(0);
    expect(await all(events)).toEqual([{}]);
    expect([sent.length, pauses]).toEqual([2, [1_200]]);
  });

  test('a connection that breaks ends the loop with an error, not as a complete export', async () => {
    const { client, seen } = await scripted([broken]);
    const events: unknown[] = [];
    const loop = async () => {
      for await (const event of client.audit.export()) events.push(event);
    };
    expect(await rejectionOf(loop())).toMatchObject({ name: 'RegistryError', code: 'network' });
    expect(events).toEqual([{ n: 1 }]);
    expect(seen).toHaveLength(1);
  });

  test("the caller's signal ends the loop, with its reason as the cause", async () => {
    const { client } = await scripted([stuck]);
    const controller = new AbortController();
    const loop = async () => {
      for await (const _ of client.audit.export({}, { signal: controller.signal }))
        controller.abort(new Error('enough'));
    };
    expect(await rejectionOf(loop())).toMatchObject({ code: 'aborted', cause: { message: 'enough' } });
  });

  /** A client whose registry sends 15 events, each this number of milliseconds of a fake clock after the loop asks for it. */
  function delayedClient(delayMs: number): Client {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    let sent = 0;
    const source: UnderlyingDefaultSource<Uint8Array> = {
      async pull(controller) {
        if (sent === 15) return controller.close();
        sent += 1;
        await vi.advanceTimersByTimeAsync(delayMs);
        controller.enqueue(new TextEncoder().encode('{}\n'));
      },
    };
    const answer = async () => new Response(new ReadableStream(source, { highWaterMark: 0 }), { headers: type });
    return createClient({ url: 'http://localhost', token: TOKEN, timeoutMs: 600, fetch: answer });
  }

  test('each chunk may take almost the timeout of a call, so all of them together may take longer', async () => {
    expect(await all(delayedClient(599).audit.export())).toHaveLength(15);
  });

  test('a chunk that takes longer than the timeout of a call ends the loop', async () => {
    expect(await rejectionOf(all(delayedClient(600).audit.export()))).toMatchObject({ code: 'timeout' });
  });

  test('a loop that ends early closes the connection', async () => {
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
    ['an HTML page', json(200, {}, { 'content-type': 'text/html' })],
    ['a line that is no JSON', text('<html>\n')],
    ['a last line without an end', text('{}\n{')],
  ])('%s rejects with invalid_response', async (_, answer) => {
    const { client } = await scripted([answer]);
    expect(await rejectionOf(all(client.audit.export()))).toMatchObject({ code: 'invalid_response', status: 200 });
  });
});
