// engine: postgres
/** Requests that no well-behaved caller sends, and what they must not be able to do. */
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { newTenant, testServer, uniqueSlug } from './support/server.ts';

const server = testServer();

const BODY_BYTES_MAX = 65_536;

test.each(['__proto__', 'constructor', 'toString'])(
  'the query parameter %s is unknown, like any other',
  async (name) => {
    const { status, body } = await server.call(`GET /v1/tenants?${name}=1`);
    expect([status, body.code]).toEqual([400, 'invalid_input']);
  },
);

test('a path that is far too long has the wrong shape', async () => {
  const { status, body } = await server.call(`GET /v1/tenants/by-slug/${'a'.repeat(1_000)}`);
  expect([status, body.code]).toEqual([400, 'invalid_input']);
});

test('a time that rounds up into the year 10000 is kept within its year', async () => {
  const tenant = await newTenant(server, { trial_ends_at: '9999-12-31T23:59:59.9999999Z' });
  expect(tenant.trial_ends_at).toBe('9999-12-31T23:59:59.999999Z');
});

test.each(['/v1/tenants', '/trpc/tenants.create', '/trpc/audit.appendBulk'])(
  'text to %s that is not UTF-8 is refused, not stored with its letters replaced',
  async (path) => {
    const latin1 = Buffer.from(`{"slug":"${uniqueSlug()}","name":"M\u00fcller"}`, 'latin1');
    const { status, body } = await post(path, 'application/json', latin1);
    expect([status, problemIn(body).code]).toEqual([400, 'invalid_json']);
  },
);

test.each(['/v1/tenants', '/trpc/tenants.create', '/trpc/audit.appendBulk'])(
  'a body for %s that is no JSON is said to be none',
  async (path) => {
    const { status, body } = await post(path, 'application/json', Buffer.from('{"slug"'));
    expect([status, problemIn(body).code]).toEqual([400, 'invalid_json']);
  },
);

test.each(['/v1/tenants', '/trpc/tenants.create', '/trpc/audit.appendBulk'])(
  'a form for %s is refused before it is read, however large',
  async (path) => {
    const form = `--x\r\nContent-Disposition: form-data; name="slug"\r\n\r\n${'a'.repeat(2 * BODY_BYTES_MAX)}\r\n--x--\r\n`;
    const { status, body } = await post(path, 'multipart/form-data; boundary=x', Buffer.from(form));
    expect([status, problemIn(body).code]).toEqual([415, 'unsupported_media_type']);
  },
);

test.each([
  ['DELETE /trpc/tenants.list', 405, 'method_not_allowed'],
  ['POST /trpc/tenants.list', 405, 'method_not_allowed'],
  ['POST /trpc/tenants.create', 415, 'unsupported_media_type'],
  ['GET /trpc/tenants.list?batch=1&input=%7B%7D', 400, 'invalid_input'],
  ['GET /trpc/tenants.list,tenants.list?batch=1&input=%7B%7D', 404, 'route_not_found'],
  ['GET /trpc/tenants.list?input=%7Bbad', 400, 'invalid_json'],
  ['GET /trpc/nothing', 404, 'route_not_found'],
] as const)('%s is answered with %i %s and the request id', async (operation, expected, code) => {
  const { status, headers, body } = await server.call(operation);
  expect([status, problemIn(body).code]).toEqual([expected, code]);
  expect(problemIn(body).instance).toBe(headers.get('x-request-id'));
  expect(headers.get('content-type')).toMatch(/^application\/(problem\+)?json/);
});

/** tRPC wraps the problem of a procedure. */
function problemIn(body: { error?: { data: { problem: Problem } } } & Problem): Problem {
  return body.error?.data.problem ?? body;
}

interface Problem {
  readonly code?: string;
  readonly instance?: string;
}

/** Sends bytes as they are, which fetch would not. */
function post(path: string, type: string, bytes: Buffer) {
  return new Promise<{ status: number | undefined; body: Problem }>((resolve, reject) => {
    const headers = { authorization: `Bearer ${server.operatorToken}`, 'content-type': type, connection: 'close' };
    const sent = request(server.url + path, { method: 'POST', headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece) => {
        text += piece;
      });
      answer.on('end', () => resolve({ status: answer.statusCode, body: JSON.parse(text) }));
    });
    sent.on('error', reject);
    sent.end(bytes);
  });
}
