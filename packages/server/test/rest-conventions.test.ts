// engine: postgres
/** Rules that every successful operation of the document keeps. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { listOperations } from '../src/http/operations.ts';
import { heldFor, requestOf, walkedOperations } from './support/requests.ts';
import { testServer } from './support/server.ts';

const server = testServer();

const operations = listOperations().map((operation) => ({ ...operation, name: operation.route.operation }));

test('every operation is visited', () => {
  expect([...walkedOperations].sort()).toEqual(operations.map(({ name }) => name).sort());
});

// proves A63, A69
test.each(operations)(
  '$name answers as documented, with its Location, its ETag and its request id',
  async (operation) => {
    const held = await heldFor(server, operation);
    const { route, secretFields } = operation;
    const { status, headers, body } = await server.call(...requestOf(server, operation, held));
    expect(status, JSON.stringify(body)).toBe(route.status ?? 200);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.has('etag')).toBe(route.etag ?? route.stateTag ?? false);
    if (route.etag) expect(headers.get('etag')).toMatch(/^"[\w-]{22}"$/);
    expect(headers.has('location')).toBe(route.location !== undefined);
    const location = headers.get('location');
    if (location !== null) {
      const read = await server.call(`GET ${location}`);
      // What is shown once is no part of the resource.
      expect(read.body).toEqual(
        Object.fromEntries(Object.entries(body).filter(([name]) => !secretFields.includes(name))),
      );
      if (route.etag) expect(read.headers.get('etag')).toBe(headers.get('etag'));
    }
    if (body?.next_cursor !== undefined) expect(Array.isArray(body.items)).toBe(true);
  },
);

const created = operations.filter(({ route }) => route.status === 201);

test('the creation of a readable resource answers with its Location', () => {
  const readable = new Set(operations.filter(({ route }) => route.method === 'GET').map(({ route }) => route.path));
  for (const { name, route } of created.filter((each) => readable.has(`${each.route.path}/{id}` as '/v1/'))) {
    expect([name, route.location]).toEqual([name, `${route.path}/{id}`]);
  }
});

test.each(operations.filter(({ route, safe, isPublic }) => route.method === 'POST' && !safe && !isPublic))(
  '$name is done once when it is sent twice with one Idempotency-Key',
  async (operation) => {
    const held = await heldFor(server, operation);
    const [call, options] = requestOf(server, operation, held);
    const headers = { ...options.headers, 'idempotency-key': randomUUID() };
    const first = await server.call(call, { ...options, headers });
    const trail = await server.app.deps.db.selectFrom('audit_log').select('id').execute();
    const again = await server.call(call, { ...options, headers });
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([operation.route.status ?? 200, null]);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([first.status, 'true']);
    const isShown = ([field]: [string, unknown]) => !operation.secretFields.includes(field);
    expect(again.body).toEqual(Object.fromEntries(Object.entries(first.body).filter(isShown)));
    for (const name of ['etag', 'location']) expect(again.headers.get(name)).toBe(first.headers.get(name));
    expect(await server.app.deps.db.selectFrom('audit_log').select('id').execute()).toHaveLength(trail.length);
  },
);

test.each(
  operations.filter(
    ({ type, route, pathFields }) => type === 'mutation' && route.etag && route.status !== 201 && pathFields.length > 0,
  ),
)('$name is refused when If-Match names another version, and writes nothing', async (operation) => {
  const held = await heldFor(server, operation);
  const [call, options] = requestOf(server, operation, held);
  const trail = await server.app.deps.db.selectFrom('audit_log').select('id').execute();
  const stale = await server.call(call, {
    ...options,
    headers: { ...options.headers, 'if-match': '"0000000000000000000000"' },
  });
  expect([stale.status, stale.body.code]).toEqual([412, 'precondition_failed']);
  expect(await server.app.deps.db.selectFrom('audit_log').select('id').execute()).toHaveLength(trail.length);
  expect((await server.call(call, { ...options, headers: { ...options.headers, 'if-match': '*' } })).status).toBe(200);
});
