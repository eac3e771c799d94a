// engine: postgres
import { expect, test } from 'vitest';
import { listOperations, type Operation } from '../src/http/operations.ts';
import { countRecorded } from './support/events.ts';
import { newPerson, newSession } from './support/people.ts';
import { type CallOptions, newTenant, startTestServer, testServer, UNKNOWN, uniqueSlug } from './support/server.ts';

const server = testServer();

const operations = listOperations().map((operation) => {
  const { method, path } = operation.route;
  return {
    ...operation,
    name: `${method} ${path}`,
    call: `${method} ${path.replace('{slug}', 'nobody').replace(/\{\w+\}/g, UNKNOWN)}`,
  };
});

/** The credential of somebody who may call it, so that the request itself is looked at. */
async function callerOf({ route, isPersonal }: Pick<Operation, 'route' | 'isPersonal'>): Promise<CallOptions> {
  if (isPersonal) return (await newSession(server, await newPerson(server, (await newTenant(server)).id))).options;
  return { token: route.path.startsWith('/v1/internal/') ? server.internalToken : server.operatorToken };
}

const countRows = async () => {
  const { db } = server.app.deps;
  const count = (table: 'tenants' | 'api_keys' | 'audit_log') =>
    db
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
  return Promise.all([count('tenants'), count('api_keys'), count('audit_log'), countRecorded(server)]);
};

// proves A53, A54
test('every documented operation is mounted, and every mounted route under /v1 is documented', async () => {
  const { body: document } = await server.call('GET /openapi.json', { token: null });
  const documented = Object.entries<Record<string, unknown>>(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  // No procedure: it is mounted and documented by hand.
  const gateways = 'GET /v1/internal/authorize';
  expect(documented.sort()).toEqual([...operations.map(({ name }) => name), gateways].sort());
  const { status, body } = await server.call(gateways, { token: null });
  expect([status, body.code]).toEqual([400, 'gateway_unknown']);
  const open = operations.filter(({ isPublic }) => isPublic).map(({ name }) => name);
  for (const operation of documented.filter((each) => each !== gateways && !open.includes(each))) {
    const { status, body } = await server.call(operation.replace(/\{\w+\}/g, UNKNOWN), { token: null });
    expect([status, body.code], operation).toEqual([401, 'unauthenticated']);
  }
});

test.each(operations.filter(({ isPublic }) => !isPublic))(
  '$name refuses a caller without credential, with a wrong one and with a malformed header',
  async ({ call }) => {
    const before = await countRows();
    const attempts = [
      { token: null },
      { token: 'x'.repeat(40) },
      { token: null, headers: { authorization: `Basic ${server.operatorToken}` } },
      { token: null, headers: { authorization: `Bearer ${server.operatorToken}x` } },
      { token: null, headers: { authorization: 'Bearer' } },
    ];
    for (const attempt of attempts) {
      const { status, headers, body } = await server.call(call, attempt);
      expect([status, body.code]).toEqual([401, 'unauthenticated']);
      expect(headers.get('www-authenticate')).toMatch(/^Bearer( error="invalid_token", error_description="[^"]+")?$/);
    }
    expect(await countRows()).toEqual(before);
  },
);

// proves A65, A66
// Each of these tokens may append to the audit log.
test.each(operations.filter(({ permission }) => permission !== 'audit:append' && permission !== null))(
  '$name refuses a caller without its permission and says which is missing',
  async ({ call, permission, route }) => {
    const internal = route.path.startsWith('/v1/internal/');
    const { status, body } = await server.call(call, { token: internal ? server.operatorToken : server.internalToken });
    expect([status, body.code, body.permission]).toEqual([403, 'forbidden', permission]);
    expect(body.detail).toContain(permission);
  },
);

test.each(operations)(
  '$name refuses unknown fields and unknown query parameters by name',
  async ({ call, hasBody, ...operation }) => {
    const caller = await callerOf(operation);
    const query = await server.call(`${call}?surprise=1`, caller);
    expect(query.status).toBe(400);
    expect(query.body.errors).toContainEqual(
      expect.objectContaining({
        pointer: '/surprise',
        in: 'query',
        message: expect.stringMatching(/^is not a known /),
      }),
    );
    const [first] = query.body.errors;
    expect(query.body.detail).toBe(`${first.pointer} ${first.message}.`);
    if (!hasBody) return;
    const body = await server.call(call, { ...caller, body: { surprise: 1 } });
    expect(body.status).toBe(400);
    expect(body.body.errors).toContainEqual({ pointer: '/surprise', message: 'is not a known field', in: 'body' });
  },
);

test.each(operations.filter(({ hasBody }) => hasBody))(
  '$name refuses a body that is broken, not an object, too large or not JSON',
  async ({ call, bodyBytesMax, ...operation }) => {
    const { headers, ...caller } = await callerOf(operation);
    const before = await countRows();
    const send = async (body: string, type = 'application/json') => {
      const sent = { ...caller, body, headers: { ...headers, 'content-type': type } };
      const { status, body: problem } = await server.call(call, sent);
      return [status, problem.code];
    };
    expect(await send('{"slug":')).toEqual([400, 'invalid_json']);
    expect(await send('{"__proto__":{"a":1}}')).toEqual([400, 'invalid_input']);
    expect(await send('[1]')).toEqual([400, 'invalid_input']);
    expect(await send('"text"')).toEqual([400, 'invalid_input']);
    expect(await send(JSON.stringify({ name: 'x'.repeat(bodyBytesMax) }))).toEqual([413, 'body_too_large']);
    expect(await send('<a/>', 'application/xml')).toEqual([415, 'unsupported_media_type']);
    expect(await send('{}', 'text/plain')).toEqual([415, 'unsupported_media_type']);
    expect(await countRows()).toEqual(before);
  },
);

test.each(operations.filter(({ pathFields }) => pathFields.includes('id')))(
  '$name refuses an id that is no UUID',
  async (operation) => {
    const { route } = operation;
    const caller = operation.isPersonal ? await callerOf(operation) : {};
    for (const id of ['x', '123', `${UNKNOWN}0`, '%00', 'null']) {
      const path = route.path.replace('{id}', id);
      const { status, body } = await server.call(`${route.method} ${path}`, caller);
      expect([status, body.code, body.errors?.[0].pointer, body.errors?.[0].in], id).toEqual([
        400,
        'invalid_input',
        '/id',
        'path',
      ]);
    }
  },
);

test.each([
  ['a NUL', 'a\0b'],
  ['half a character', '\ud800'],
])('%s in any text is refused by field, wherever it stands', async (_, text) => {
  const before = await countRows();
  const { status, body } = await server.call('POST /v1/tenants', { body: { slug: uniqueSlug(), name: text } });
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', '/name']);
  const tenant = await newTenant(server);
  const scopes = await server.call('POST /v1/api-keys', {
    body: { tenant_id: tenant.id, name: 'k', scopes: ['a', text] },
  });
  expect([scopes.status, scopes.body.errors[0].pointer]).toEqual([400, '/scopes/1']);
  expect((await countRows())[1]).toEqual(before[1]);
});

test('a NUL in a query or a path is refused, not an error of ours', async () => {
  expect((await server.call('GET /v1/tenants?q=%00')).status).toBe(400);
  expect((await server.call('GET /v1/tenants/by-slug/a%00b')).status).toBe(400);
  expect((await server.call('GET /v1/tenants/by-slug/%E0%A4%A')).status).toBe(400);
});

test.each([
  ['limit=0', '/limit'],
  ['limit=201', '/limit'],
  ['limit=1.5', '/limit'],
  ['limit=ten', '/limit'],
  ['limit=9007199254740993', '/limit'],
  ['limit=1&limit=2', '/limit'],
  ['limit=', '/limit'],
  ['status=sleeping', '/status'],
  ['q=', '/q'],
])('the list refuses %s by field', async (query, pointer) => {
  const { status, body } = await server.call(`GET /v1/tenants?${query}`);
  expect([status, body.errors[0].pointer]).toEqual([400, pointer]);
});

test('a body of null is no body: nothing is missing where no field is required, and each required field elsewhere', async () => {
  const tenant = await newTenant(server);
  const canceled = await server.call(`POST /v1/tenants/${tenant.id}/cancel`, { body: 'null' });
  expect([canceled.status, canceled.body.status]).toEqual([200, 'frozen']);
  const { status, body } = await server.call('POST /v1/tenants', { body: 'null' });
  expect([status, body.errors.map(({ pointer }: { pointer: string }) => pointer)]).toEqual([400, ['/slug', '/name']]);
});

test('numbers past 2^53 and bottomless nesting are refused, not rounded and not a crash', async () => {
  const tenant = await newTenant(server);
  const rotate = await server.call(`POST /v1/api-keys/${UNKNOWN}/rotate`, {
    body: '{"grace_seconds":9007199254740993}',
  });
  expect(rotate.status).toBe(400);
  const deep = `{"name":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
  const { status, body } = await server.call(`PATCH /v1/tenants/${tenant.id}`, { body: deep });
  expect([status, body.code]).toEqual([400, 'invalid_input']);
});

test('an id in the body of an operation that has it in the path is an unknown field', async () => {
  const tenant = await newTenant(server);
  const { status, body } = await server.call(`PATCH /v1/tenants/${tenant.id}`, { body: { id: UNKNOWN, name: 'x' } });
  expect([status, body.errors[0].pointer]).toEqual([400, '/id']);
});

test('an unknown path and a wrong method say so, and the latter what would be right', async () => {
  const unknown = await server.call('GET /v1/nothing');
  expect([unknown.status, unknown.body.code]).toEqual([404, 'route_not_found']);
  const wrong = await server.call('PUT /v1/tenants', { body: '{' });
  expect([wrong.status, wrong.body.code, wrong.headers.get('allow')]).toEqual([
    405,
    'method_not_allowed',
    'POST, GET, HEAD',
  ]);
});

test('every answer is a problem document or the resource, with a request id and security headers', async () => {
  const { status, headers, body } = await server.call('GET /v1/tenants/x', {
    headers: { 'x-request-id': 'trace-1.a:b_c' },
  });
  expect(status).toBe(400);
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(headers.get('x-request-id')).toBe('trace-1.a:b_c');
  expect(body.instance).toBe('trace-1.a:b_c');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(headers.get('cache-control')).toBe('no-store');
  const unsafe = await server.call('GET /v1/tenants', { headers: { 'x-request-id': 'a b"c' } });
  expect(unsafe.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

// proves A52
test('health needs no credential, and readiness names what fails', async () => {
  expect(await server.call('GET /healthz', { token: null })).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await server.call('GET /readyz', { token: null })).toMatchObject({ status: 200, body: { status: 'ok' } });
});

test('an unforeseen error is answered with 500 and silence, and logged once with its cause', async () => {
  const broken = await startTestServer();
  await broken.app.deps.db.schema.dropTable('outbox_events').execute();
  const { status, body, headers } = await broken.call('POST /v1/tenants', { body: { slug: uniqueSlug(), name: 'X' } });
  expect([status, body.code]).toEqual([500, 'internal']);
  expect(JSON.stringify(body)).not.toMatch(/outbox|relation|select|insert|\.ts/i);
  const lines = broken.logs.filter((line) => line.includes('"level":"error"'));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('outbox_events');
  expect(lines[0]).toContain(headers.get('x-request-id'));
  // Nothing is half written: the tenant went with its event.
  expect((await broken.call('GET /v1/tenants')).body.items).toEqual([]);
  await broken.close();
});

test('a mistake is told in the same words over REST and tRPC, with the part of the request that has it', async () => {
  const tenant = await newTenant(server);
  for (const [rest, trpc, input, detail] of [
    [
      'POST /v1/tenants',
      'POST /trpc/tenants.create',
      { slug: 'Nope', name: 'x' },
      /^\/slug must be 3 to 40 lower case/,
    ],
    ['POST /v1/tenants', 'POST /trpc/tenants.create', { slug: uniqueSlug() }, /^\/name is missing\.$/],
    ['POST /v1/tenants', 'POST /trpc/tenants.create', { slug: tenant.slug, name: 'x' }, /already belongs to a tenant/],
  ] as const) {
    const answers = [await server.call(rest, { body: input }), await server.call(trpc, { body: input })];
    const problems = answers.map(({ body }) => ({ ...(body.error?.data.problem ?? body), instance: '' }));
    expect(problems[0]).toEqual(problems[1]);
    expect(problems[0].detail).toMatch(detail);
    expect(problems[0].errors).toMatchObject([{ in: 'body' }]);
  }
  const { body } = await server.call('GET /v1/tenants?status=sleeping&limit=0');
  expect(body.detail).toMatch(/^\/limit must be at least 1\.$/);
  expect(body.errors).toEqual([
    { pointer: '/limit', message: 'must be at least 1', in: 'query' },
    { pointer: '/status', message: expect.stringMatching(/^must be one of .*trial, active/), in: 'query' },
  ]);
});
