// engine: postgres
/** Calls of /trpc are answered by a handler of ours where they are plain, and by tRPC's own where they are not. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listOperations, type Operation } from '../src/http/operations.ts';
import { type Held, heldWithAll, inputOf, requestOf } from './support/requests.ts';
import { startTestServer, type TestServer, trailOf } from './support/server.ts';

let server: TestServer;
let held: Held;

beforeAll(async () => {
  server = await startTestServer({ corsOrigins: ['https://portal.example'] });
  held = await heldWithAll(server);
});
afterAll(() => server.close());

interface Asked {
  readonly input: unknown;
  readonly token?: string | null | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks twice, the second time with what only tRPC's own handler takes, and returns both answers. */
async function askBoth({ procedure, type }: Operation, { input, token = server.operatorToken, headers }: Asked) {
  const text = JSON.stringify(input);
  const ask = async (more: Readonly<Record<string, string>>) => {
    const query = new URLSearchParams({ ...(type === 'query' ? { input: text } : {}), ...more });
    const response = await fetch(`${server.url}/trpc/${procedure}?${query}`, {
      method: type === 'query' ? 'GET' : 'POST',
      headers: {
        'x-request-id': 'one',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(type === 'query' ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(type === 'query' ? {} : { body: text }),
    });
    const { date: _, ...others } = Object.fromEntries(response.headers);
    // Budgets are spent by both.
    const told = Object.entries(others).filter(([name]) => !name.startsWith('ratelimit-'));
    // The one answer that tells its own time.
    const body = (await response.text()).replace(/"at":"[^"]+"/, '"at":"now"');
    return { status: response.status, headers: Object.fromEntries(told), body };
  };
  return { ours: await ask({}), theirs: await ask({ not: 'plain' }) };
}

const operations = listOperations().map((operation) => ({ operation, name: operation.procedure }));
const reads = operations.filter(({ operation }) => operation.type === 'query');

test.each(reads)('$name answers as tRPC does', async ({ operation }) => {
  const [, { token, headers }] = requestOf(server, operation, held);
  const { ours, theirs } = await askBoth(operation, { input: inputOf(operation, held), token, headers });
  expect(ours).toEqual(theirs);
});

test.each(operations)(
  '$name refuses a wrong input, a missing permission and no credential as tRPC does',
  async ({ operation }) => {
    const wrong = { id: 7, of_nothing: true };
    const origin = { origin: 'https://portal.example' };
    for (const asked of [
      { input: wrong },
      { input: null, headers: origin },
      { input: 'text', headers: { 'idempotency-key': 'k' } },
      { input: wrong, token: server.internalToken },
      { input: wrong, token: null },
      { input: { id: '\0' }, token: 'unknown' },
    ]) {
      const { ours, theirs } = await askBoth(operation, asked);
      expect(ours).toEqual(theirs);
      expect(ours.status).toBeGreaterThanOrEqual(400);
    }
  },
);

test('a call is done once, and its answer has the headers of the operation', async () => {
  const operation = operations.find(({ name }) => name === 'tenants.update')?.operation as Operation;
  const input = { id: held.tenant_id, name: 'Renamed' };
  const { ours, theirs } = await askBoth(operation, { input });
  expect(ours).toMatchObject({
    status: 200,
    headers: { etag: expect.stringMatching(/^"/), vary: theirs.headers['vary'] },
  });
  const trail = await trailOf(server, held.tenant_id);
  expect(trail.filter(({ action }) => action === 'tenant.updated')).toHaveLength(2);
});
