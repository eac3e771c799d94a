// engine: postgres
/** HTTP as it may come from a careless or a hostile peer: odd methods, hosts, encodings and names of members. */
import { once } from 'node:events';
import { METHODS } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { listOperations } from '../src/http/operations.ts';
import { newTenant, testServer, trailOf, uniqueSlug } from './support/server.ts';

const server = testServer();

/** Sends the lines as they are over a connection of its own, and returns the answer's status, Allow and body. */
async function send(lines: readonly string[], body = '') {
  const { port } = new URL(server.url);
  const socket = connect(Number(port), '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (piece) => {
    text += piece;
  });
  socket.write(
    `${[...lines, 'Connection: close', `Content-Length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`,
  );
  await once(socket, 'end');
  const [head = '', ...rest] = text.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]),
    allow: /^allow: (.*)$/im.exec(head)?.[1],
    closes: /^connection: close$/im.test(head),
    requestId: /^x-request-id: (.*)$/im.exec(head)?.[1],
    body: rest.join('').startsWith('{') ? JSON.parse(rest.join('')) : null,
  };
}

const bearer = () => `Authorization: Bearer ${server.operatorToken}`;

// CONNECT asks for a tunnel, and Node ends the connection.
const methods = METHODS.filter((method) => method !== 'CONNECT');

test('every method that a known path lacks is answered 405 with those that it has, before its body is read', async () => {
  const paths = new Map([
    ['/v1/tenants', ['GET', 'HEAD', 'POST']],
    ['/v1/tenants/by-slug/acme', ['GET', 'HEAD']],
    [`/v1/tenants/x?surprise=1`, ['DELETE', 'GET', 'HEAD', 'PATCH']],
    ['/trpc/tenants.create', ['POST']],
    ['/trpc/tenants.list', ['GET', 'HEAD']],
    ['/healthz', ['GET', 'HEAD']],
    ['/openapi.json', ['GET', 'HEAD']],
  ]);
  for (const [path, allowed] of paths) {
    for (const method of methods.filter((each) => !allowed.includes(each))) {
      const { status, allow, body } = await send([`${method} ${path} HTTP/1.1`, 'Host: x', bearer()], '{');
      expect([status, body?.code], `${method} ${path}`).toEqual([
        405,
        method === 'HEAD' ? undefined : 'method_not_allowed',
      ]);
      expect(allow?.split(', ').sort(), path).toEqual(allowed);
    }
  }
});

test('every path of every operation knows its methods', async () => {
  for (const { route, procedure } of listOperations()) {
    for (const path of [route.path.replace(/\{\w+\}/g, 'x'), `/trpc/${procedure}`]) {
      const { status, headers, body } = await server.call(`PROPFIND ${path}`, { token: null });
      expect([status, body.code], path).toEqual([405, 'method_not_allowed']);
      const allowed = headers.get('allow')?.split(', ') ?? [];
      if (path.startsWith('/v1/')) expect(allowed).toContain(route.method);
    }
  }
});

test('a path that does not exist is 404 for every method, before its body is read', async () => {
  for (const method of methods.filter((each) => each !== 'HEAD'))
    for (const path of ['/v1/nothing', '/v1/tenants/x/y', '/'.repeat(9)]) {
      const { status, body } = await send([`${method} ${path} HTTP/1.1`, 'Host: x'], '{');
      expect([status, body?.code], `${method} ${path}`).toEqual([404, 'route_not_found']);
    }
});

test.each([
  ['two hosts', ['Host: a', 'Host: b']],
  ['one host twice', ['Host: a', 'host: a']],
  ['a host with a space', ['Host: a b']],
  ['a host with a path', ['Host: a/b']],
  ['a host with a user', ['Host: a@b']],
  ['two hosts in one line', ['Host: a, b']],
])('a request with %s is answered 400, and its connection ends', async (_, hosts) => {
  for (const path of ['/v1/tenants', '/healthz']) {
    const { status, closes, requestId, body } = await send([`GET ${path} HTTP/1.1`, ...hosts, bearer()]);
    expect([status, closes, body.code]).toEqual([400, true, 'invalid_input']);
    expect(body.instance).toBe(requestId);
  }
});

test('a request without a host is answered 400', async () => {
  expect((await send(['GET /v1/tenants HTTP/1.1', bearer()])).status).toBe(400);
});

test.each(['a', 'registry.example:8090', '127.0.0.1:8090', '[::1]:8090', '[::1]', ''])(
  'the host %j is fine',
  async (host) => {
    expect((await send(['GET /healthz HTTP/1.1', `Host: ${host}`])).status).toBe(200);
  },
);

test.each([
  ['application/json', 201],
  ['application/json; charset=utf-8', 201],
  ['application/json;charset="UTF-8"', 201],
  ['application/json; charset=utf8', 201],
  ['application/json; charset=utf-16', 415],
  ['application/json; charset=latin1', 415],
  ['application/json; charset=', 415],
  ['application/json; Charset="iso-8859-1"', 415],
  ['application/json; charset=utf-8; charset=utf-16', 415],
])('a body as %s is answered %i over both protocols', async (type, expected) => {
  for (const path of ['/v1/tenants', '/trpc/tenants.create']) {
    const body = { slug: uniqueSlug(), name: 'x' };
    const { status } = await server.call(`POST ${path}`, { body, headers: { 'content-type': type } });
    expect(status === 200 ? 201 : status, path).toBe(expected);
  }
});

const poisons = [
  ['{"__proto__":{"polluted":true}}', '/__proto__'],
  ['{"__proto__":null}', '/__proto__'],
  ['{"\\u005f_proto__":1}', '/__proto__'],
  ['{"constructor":{"prototype":{"polluted":true}}}', '/constructor/prototype'],
] as const;

test.each(poisons)(
  'the member names of %s get one answer with their place over both protocols, and reach no prototype',
  async (poison, pointer) => {
    const tenant = await newTenant(server);
    const trail = await trailOf(server, tenant.id);
    const names = poison.slice(1, -1);
    const event = {
      tenant_id: tenant.id,
      actor: { type: 'user', id: 'u' },
      action: 'a.b',
      target: { type: 't', id: 'x' },
    };
    const withMetadata = (metadata: string) =>
      JSON.stringify({ ...event, metadata: 0 }).replace('"metadata":0', `"metadata":${metadata}`);
    const attempts = [
      ['/v1/tenants', '/trpc/tenants.create', `{"slug":"${uniqueSlug()}","name":"x",${names}}`, ''],
      ['/v1/audit', '/trpc/audit.append', withMetadata(poison), '/metadata'],
      ['/v1/audit', '/trpc/audit.append', withMetadata(`{"deep":[{},${poison}]}`), '/metadata/deep/1'],
      [
        '/v1/audit/bulk',
        '/trpc/audit.appendBulk',
        `{"events":[${JSON.stringify(event)},${withMetadata(poison)}]}`,
        '/events/1/metadata',
      ],
    ] as const;
    for (const [rest, trpc, body, place] of attempts) {
      const answers = [await server.call(`POST ${rest}`, { body }), await server.call(`POST ${trpc}`, { body })];
      for (const answer of answers) {
        const problem = answer.body.error?.data.problem ?? answer.body;
        expect([answer.status, problem.code], body).toEqual([400, 'invalid_input']);
        expect(problem.errors).toMatchObject([
          { pointer: place + pointer, message: 'is a name that no member may have' },
        ]);
      }
    }
    const question = { body: `{"key":"bp_${'A'.repeat(22)}",${names}}`, token: server.internalToken };
    const verdicts = [
      await server.call('POST /v1/internal/api-keys/verify', question),
      await server.call('POST /trpc/apiKeys.verify', question),
    ];
    expect(verdicts.map(({ body }) => (body.error?.data.problem ?? body).errors?.[0].pointer)).toEqual([
      pointer,
      pointer,
    ]);
    const query = await server.call(`GET /trpc/tenants.list?input=${encodeURIComponent(poison)}`);
    expect([query.status, query.body.error.data.problem.errors[0].pointer]).toEqual([400, pointer]);
    expect(await trailOf(server, tenant.id)).toEqual(trail);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  },
);

test('a member that is merely called constructor is data like any other', async () => {
  const tenant = await newTenant(server);
  const event = {
    tenant_id: tenant.id,
    actor: { type: 'user', id: 'u' },
    action: 'a.b',
    target: { type: 't', id: 'x' },
  };
  const metadata = { constructor: 'Bauer AG', prototype: { a: 1 }, toString: null };
  const { status } = await server.call('POST /v1/audit', { body: { ...event, metadata } });
  expect(status).toBe(201);
  expect((await trailOf(server, tenant.id)).at(-1)?.metadata).toEqual(metadata);
});
