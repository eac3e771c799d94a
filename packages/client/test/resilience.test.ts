// engine: none
import { describe, expect, onTestFinished, test } from 'vitest';
import { createClient } from '../src/index.ts';
import {
  breakOff,
  deadUrl,
  json,
  problem,
  rejectionOf,
  result,
  scripted,
  silence,
  TOKEN,
  waitlessClient,
} from './scripted-server.ts';
import { refusal } from './verifier-harness.ts';

const ID = '01890000-0000-7000-8000-000000000000';
const overloaded = problem(503, 'overloaded', { 'retry-after': '2' });
const lost = problem(503, 'unavailable', { 'retry-after': '1' });

describe('retries', () => {
  test('a query is repeated after 503, not before Retry-After', async () => {
    const { client, pauses, seen } = await scripted([lost, overloaded, result({ id: ID })]);
    expect(await client.tenants.get({ id: ID })).toEqual({ id: ID });
    expect(pauses).toEqual([1_200, 2_400]);
    expect(seen).toHaveLength(3);
  });

  test('a query is repeated after a connection that broke in the middle of its answer', async () => {
    const { client, pauses } = await scripted([breakOff, result({ id: ID })]);
    expect(await client.tenants.get({ id: ID })).toEqual({ id: ID });
    expect(pauses).toEqual([200]);
  });

  test('Retry-After may be a date', async () => {
    const { client, pauses } = await scripted([
      (response) => problem(429, 'overloaded', { 'retry-after': new Date(Date.now() + 4_500).toUTCString() })(response),
      result(null),
    ]);
    await client.tenants.get({ id: ID });
    expect(pauses[0]).toBeGreaterThanOrEqual(3_200);
    expect(pauses[0]).toBeLessThanOrEqual(5_200);
  });

  test('a mutation is repeated with one idempotency key and one body when the registry was overloaded', async () => {
    const { client, seen } = await scripted([overloaded, problem(429, 'overloaded'), result({ id: ID })]);
    await client.tenants.create({ slug: 'acme', name: 'Acme' });
    const keys = seen.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect(keys).toEqual([keys[0], keys[0], keys[0]]);
    expect(new Set(seen.map(({ body }) => body))).toEqual(new Set(['{"slug":"acme","name":"Acme"}']));
  });

  test('a mutation is repeated, with one key, even if an earlier attempt may have made the change', async () => {
    const inFlight = problem(409, 'idempotency_key_in_flight', { 'retry-after': '1' });
    const { client, seen, pauses } = await scripted([breakOff, lost, inFlight, result({ id: ID })], { retries: 3 });
    expect(await client.tenants.create({ slug: 'acme', name: 'Acme' })).toEqual({ id: ID });
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(pauses).toEqual([200, 1_400, 1_800]);
  });

  test('a change whose outcome the registry lost rejects with that code and is not repeated', async () => {
    const { client, seen } = await scripted([breakOff, problem(409, 'idempotency_outcome_lost'), result({ id: ID })]);
    const error = await rejectionOf(client.tenants.create({ slug: 'acme', name: 'Acme' }));
    expect(error).toMatchObject({ code: 'idempotency_outcome_lost', status: 409 });
    expect(seen).toHaveLength(2);
  });

  test('a mutation that changes nothing has no idempotency key and is repeated', async () => {
    const { client, seen } = await scripted([breakOff, result(refusal('not_found'))]);
    expect(await client.apiKeys.verify({ key: 'bp_x' })).toEqual(refusal('not_found'));
    expect(seen.map(({ headers, method }) => [method, headers['idempotency-key']])).toEqual([
      ['POST', undefined],
      ['POST', undefined],
    ]);
  });

  test('a mutation is repeated when the connection was refused', async () => {
    const { client, pauses } = waitlessClient({ url: await deadUrl(), token: TOKEN });
    const error = await rejectionOf(client.tenants.create({ slug: 'acme', name: 'Acme' }));
    expect(error).toMatchObject({ name: 'RegistryError', code: 'network', cause: { message: 'fetch failed' } });
    expect(String(error)).toContain('ECONNREFUSED');
    expect(pauses).toEqual([200, 400]);
  });

  test('each mutation has its own idempotency key or the given one, and queries have none', async () => {
    const { client, seen } = await scripted([result(null)]);
    await client.tenants.archive({ id: ID });
    await client.tenants.archive({ id: ID });
    await client.tenants.archive({ id: ID }, { idempotencyKey: 'mine', ifMatch: '"abc"' });
    await client.tenants.get({ id: ID });
    const [one, two, mine, query] = seen.map(({ headers }) => headers);
    expect(one?.['idempotency-key']).not.toBe(two?.['idempotency-key']);
    expect(one?.['if-match']).toBeUndefined();
    expect([mine?.['idempotency-key'], mine?.['if-match']]).toEqual(['mine', '"abc"']);
    expect(query?.['idempotency-key']).toBeUndefined();
  });

  test('a pause beyond the deadline is not made: the call rejects with the failure at once', async () => {
    const { client, pauses } = await scripted([lost], { timeoutMs: 1_000 });
    const error = await rejectionOf(client.tenants.get({ id: ID }));
    expect(error).toMatchObject({ code: 'unavailable', status: 503, retryAfter: 1, requestId: 'request-1' });
    expect(pauses).toEqual([]);
  });

  test('the call rejects with the last failure when the retries are used up', async () => {
    const { client, seen } = await scripted([lost, lost, overloaded]);
    expect(await rejectionOf(client.tenants.get({ id: ID }))).toMatchObject({ code: 'overloaded', retryAfter: 2 });
    expect(seen).toHaveLength(3);
  });

  test('the token function is called before each attempt', async () => {
    let count = 0;
    const { client, seen } = await scripted([overloaded, result(null)], { token: async () => `token-${++count}` });
    await client.tenants.get({ id: ID });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });
});

describe('the end of a call', () => {
  test('a registry that does not answer in time causes a timeout without a retry', async () => {
    const { client, seen } = await scripted([silence]);
    const error = await rejectionOf(client.tenants.get({ id: ID }, { timeoutMs: 50 }));
    expect(error).toMatchObject({ name: 'RegistryError', code: 'timeout', status: undefined });
    expect(seen).toHaveLength(1);
  });

  test('the timeout of the client is the default, and covers an answer whose body never ends', async () => {
    const { client } = await scripted([(response) => response.writeHead(200).write('{')], { timeoutMs: 50 });
    expect(await rejectionOf(client.tenants.get({ id: ID }))).toMatchObject({ code: 'timeout' });
  });

  test('the timeout covers a token that never comes and a fetch that ignores its signal', async () => {
    const never = () => new Promise<never>(() => {});
    const { client: tokenless } = await scripted([silence], { token: never, timeoutMs: 50 });
    const { client: deaf } = await scripted([silence], { fetch: never, timeoutMs: 50 });
    expect(await rejectionOf(tokenless.tenants.get({ id: ID }))).toMatchObject({ code: 'timeout' });
    expect(await rejectionOf(deaf.tenants.get({ id: ID }))).toMatchObject({ code: 'timeout' });
  });

  test("the caller's signal ends a pending call, with its reason as the cause", async () => {
    const { client, seen } = await scripted([silence]);
    const controller = new AbortController();
    const call = rejectionOf(client.tenants.create({ slug: 'acme', name: 'Acme' }, { signal: controller.signal }));
    const reason = new Error('the user left');
    setTimeout(() => controller.abort(reason), 20);
    expect(await call).toMatchObject({ name: 'RegistryError', code: 'aborted', cause: reason });
    expect(seen.length).toBeLessThanOrEqual(1);
  });

  test("the caller's signal ends a pause", async () => {
    const controller = new AbortController();
    const { url } = await scripted([overloaded]);
    const client = createClient({ url, token: TOKEN });
    const call = rejectionOf(client.tenants.get({ id: ID }, { signal: controller.signal }));
    setTimeout(() => controller.abort(), 100);
    expect(await call).toMatchObject({ code: 'aborted' });
  });

  test('a call whose signal has already aborted sends nothing', async () => {
    const { client, seen } = await scripted([result(null)]);
    const error = await rejectionOf(client.tenants.get({ id: ID }, { signal: AbortSignal.abort() }));
    expect(error).toMatchObject({ code: 'aborted' });
    expect(seen).toHaveLength(0);
  });
});

describe('answers of other servers', () => {
  const html = (status: number) =>
    json(status, undefined, { 'content-type': 'text/html', 'x-request-id': 'from-the-proxy' });

  test.each([
    ['a page with status 200', html(200), 200],
    ['a page with status 502', html(502), 502],
    ['JSON null', json(200, null), 200],
    ['an error without a problem', json(500, { message: 'no' }), 500],
    ['a problem with status 200', problem(200, 'slug_taken'), 200],
  ])('%s: invalid_response with its status', async (_, answer, status) => {
    const { client } = await scripted([answer]);
    const error = await rejectionOf(client.tenants.get({ id: ID }));
    expect(error).toMatchObject({ name: 'RegistryError', code: 'invalid_response', status, problem: undefined });
  });

  test('a 503 of a proxy is repeated for a query', async () => {
    const { client, seen } = await scripted([html(503), result(null)]);
    await client.tenants.get({ id: ID });
    expect(seen).toHaveLength(2);
  });
});

/** Collects the unhandled rejections, for which Node would end the process, until the test is finished. */
function unhandledRejections() {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', note);
  onTestFinished(() => {
    process.off('unhandledRejection', note);
    for (const other of others) process.on('unhandledRejection', other);
  });
  return async () => {
    // Node emits the event after the microtasks.
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
    return unhandled;
  };
}

test('a list that fails before its first await causes no unhandled rejection', async () => {
  const unhandled = unhandledRejections();
  const unreachable = () => Promise.reject(new TypeError('fetch failed'));
  const { client } = await scripted([silence], { fetch: unreachable, retries: 0 });
  const list = client.tenants.list();
  expect(await unhandled()).toEqual([]);
  expect(await rejectionOf(list)).toMatchObject({ code: 'network' });
});

describe('withMeta', () => {
  const headers = { 'x-request-id': 'request-7', etag: '"v1"', 'idempotency-replayed': 'true' };

  test('gives the output with its metadata, without another request', async () => {
    const { client, seen } = await scripted([json(200, { id: ID }, headers)]);
    const call = client.tenants.archive({ id: ID });
    const answer = { data: { id: ID }, etag: '"v1"', requestId: 'request-7', replayed: true };
    expect(await call.withMeta()).toEqual(answer);
    expect(await call).toEqual({ id: ID });
    expect(seen).toHaveLength(1);
  });

  test('gives undefined or false for metadata that the answer lacks', async () => {
    const { client } = await scripted([(response) => response.writeHead(204).end()]);
    const nothing = { data: undefined, etag: undefined, requestId: undefined, replayed: false };
    expect(await client.apiKeys.revoke({ id: ID }).withMeta()).toEqual(nothing);
  });

  test('rejects with the error of the call, which is not unhandled a second time', async () => {
    const unhandled = unhandledRejections();
    const { client } = await scripted([problem(404, 'not_found')]);
    expect(await rejectionOf(client.tenants.get({ id: ID }).withMeta())).toMatchObject({ code: 'not_found' });
    expect(await rejectionOf(client.tenants.list().withMeta())).toMatchObject({ code: 'not_found' });
    expect(await unhandled()).toEqual([]);
  });

  test('a call without an await reports its failure as unhandled', async () => {
    const unhandled = unhandledRejections();
    const unreachable = () => Promise.reject(new TypeError('fetch failed'));
    const { client } = await scripted([silence], { fetch: unreachable, retries: 0 });
    void client.tenants.archive({ id: ID });
    expect(await unhandled()).toMatchObject([{ code: 'network' }]);
    void client.tenants.archive({ id: ID }).withMeta();
    expect(await unhandled()).toMatchObject([{ code: 'network' }, { code: 'network' }]);
  });
});

describe('the token', () => {
  test('is in no error, even if fetch quotes it', async () => {
    const quoting = async () => {
      const inner = Object.assign(new Error(`socket with Bearer ${TOKEN}`), { code: 'EPIPE', headers: TOKEN });
      throw Object.assign(new TypeError(`cannot send ${TOKEN}`, { cause: inner }), { config: { token: TOKEN } });
    };
    const { client } = await scripted([silence], { fetch: quoting, retries: 0 });
    const error = await rejectionOf(client.tenants.get({ id: ID }));
    expect(error).toMatchObject({ code: 'network', cause: { name: 'TypeError', cause: { code: 'EPIPE' } } });
    const { inspect } = await import('node:util');
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(TOKEN);
  });

  test('is refused without being quoted if it cannot be sent', async () => {
    for (const token of ['', 'secret\n', 'sécret']) {
      expect(() => createClient({ url: 'http://localhost', token })).toThrow(TypeError);
      expect(() => createClient({ url: 'http://localhost', token })).not.toThrow(/cret/);
      const { client, seen } = await scripted([result(null)], { token: () => token });
      expect(await rejectionOf(client.tenants.get({ id: ID }))).toBeInstanceOf(TypeError);
      expect(seen).toHaveLength(0);
    }
  });

  test('may come from a function, whose own error the call rejects with', async () => {
    const reason = new Error('the vault is closed');
    const { client } = await scripted([result(null)], { token: () => Promise.reject(reason) });
    expect(await rejectionOf(client.tenants.get({ id: ID }))).toBe(reason);
  });
});
