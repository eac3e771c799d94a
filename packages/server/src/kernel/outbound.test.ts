// engine: none
import type { LookupAddress } from 'node:dns';
import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { generate } from 'selfsigned';
import { afterEach, expect, test } from 'vitest';
import { type OutboundEntry, outboundEntry } from './outbound/policy.ts';
import { createOutbound, OutboundError, type OutboundOptions } from './outbound.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server on loopback, and the paths that it was asked for. */
async function serve(listener: RequestListener, tls?: { key: string; cert: string }) {
  const seen: string[] = [];
  const handler: RequestListener = (request, response) => {
    seen.push(request.url ?? '');
    listener(request, response);
  };
  const server = tls === undefined ? http.createServer(handler) : https.createServer(tls, handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, seen, url: `http://127.0.0.1:${port}` };
}

const allowing = (...entries: string[]) => entries.map((entry) => outboundEntry(entry) as OutboundEntry);
const local: OutboundOptions = { allow: allowing('127.0.0.1') };
const to = (...addresses: string[]): LookupAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

async function failure(url: string, options: OutboundOptions = {}) {
  try {
    await createOutbound(options).get(url);
  } catch (error) {
    if (error instanceof OutboundError) return { code: error.code, message: error.message };
    throw error;
  }
  return undefined;
}

const NOT_PUBLIC = { code: 'outbound_refused', message: 'The host has no public address.' };
const NOT_HTTPS = { code: 'outbound_refused', message: 'Only https is fetched.' };

test.each([
  'https://127.0.0.1/',
  'https://127.1/',
  'https://0x7f000001/',
  'https://017700000001/',
  'https://2130706433/',
  'https://0/',
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[0:0:0:0:0:ffff:7f00:1]/',
  'https://[64:ff9b::a9fe:a9fe]/',
  'https://10.0.0.1/',
  'https://192.168.1.1:8443/',
  'https://100.64.0.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://[fd00:ec2::254]/latest/meta-data/',
  'https://[fe80::1]/',
  'https://224.0.0.1/',
  'https://localhost/',
  'https://localhost./',
])('%s is refused without a connection', async (url) => {
  expect(await failure(url)).toEqual(NOT_PUBLIC);
});

test.each([
  'http://example.com/',
  'file:///etc/passwd',
  'ftp://example.com/',
  'data:text/plain,x',
  'javascript:0',
  'http://127.0.0.1/',
])('%s is refused, because only https is fetched', async (url) => {
  expect(await failure(url)).toEqual(NOT_HTTPS);
});

test('a URL that cannot be read, or has a password in it, is refused', async () => {
  expect(await failure('https://')).toMatchObject({ code: 'outbound_refused' });
  const withPassword = await failure('https://user:hunter2@example.com/');
  expect(withPassword).toMatchObject({ code: 'outbound_refused' });
  expect(withPassword?.message).not.toContain('hunter2');
});

test('a name is refused when any of its addresses is on the inside, when it has none, and both sound the same', async () => {
  for (const addresses of [['10.0.0.1'], ['8.8.8.8', '10.0.0.1'], ['2606:4700::1', '::1'], ['169.254.169.254'], []]) {
    expect(await failure('https://name.example/', { resolve: async () => to(...addresses) })).toEqual(NOT_PUBLIC);
  }
  const unknown = async () => Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }));
  expect(await failure('https://name.example/', { resolve: unknown })).toEqual(NOT_PUBLIC);
  expect(await failure('https://metadata.google.internal/', { resolve: async () => to('8.8.8.8') })).toEqual(
    NOT_PUBLIC,
  );
});

test('no refusal and no failure tells the caller an address', async () => {
  const { url } = await serve((_, response) => response.writeHead(500).end('10.9.8.7'));
  const failures = [
    await failure('https://name.example/', { resolve: async () => to('10.9.8.7') }),
    await failure(url, local),
    await failure('http://127.0.0.1:1/', local),
  ];
  expect(failures.map((each) => each?.code)).toEqual(['outbound_refused', 'outbound_failed', 'outbound_failed']);
  expect(JSON.stringify(failures)).not.toMatch(/10\.9|127\.0/);
});

test('an allowed host is fetched, over plain http too, without credentials and as JSON', async () => {
  let headers: http.IncomingHttpHeaders = {};
  const { url, port } = await serve((request, response) => {
    headers = request.headers;
    response.end('{"a":1}');
  });
  expect(await createOutbound(local).get(`${url}/x`)).toBe('{"a":1}');
  expect(headers).toMatchObject({ accept: 'application/json', 'accept-encoding': 'identity' });
  expect(Object.keys(headers)).not.toContain('authorization');
  const byName = { allow: allowing(`localhost:${port}`) };
  expect(await createOutbound(byName).get(`http://localhost:${port}/`)).toBe('{"a":1}');
  expect(await failure(`http://localhost:${port}/`, { allow: allowing(`localhost:${port + 1}`) })).toEqual(NOT_HTTPS);
});

test('redirects are followed three times, and each target is checked like the first URL', async () => {
  const { url, seen } = await serve((request, response) => {
    const left = Number(request.url?.slice(1));
    if (left === 0) response.end('there');
    else response.writeHead(302, { location: `/${left - 1}` }).end();
  });
  expect(await createOutbound(local).get(`${url}/3`)).toBe('there');
  expect(await failure(`${url}/4`, local)).toMatchObject({ code: 'outbound_failed' });
  expect(seen).toEqual(['/3', '/2', '/1', '/0', '/4', '/3', '/2', '/1']);
});

test.each([
  ['https://10.0.0.1/', NOT_PUBLIC],
  ['https://169.254.169.254/latest/meta-data/', NOT_PUBLIC],
  ['https://[::1]/', NOT_PUBLIC],
  ['https://inside.example/', NOT_PUBLIC],
  ['http://example.com/', NOT_HTTPS],
  ['file:///etc/passwd', NOT_HTTPS],
  ['https://user:x@example.com/', { code: 'outbound_refused' }],
  ['https://', { code: 'outbound_refused' }],
])('a redirect to %s is refused', async (location, expected) => {
  const { url } = await serve((_, response) => response.writeHead(302, { location }).end());
  expect(await failure(url, { ...local, resolve: async () => to('10.0.0.1') })).toMatchObject(expected);
});

const rebind = generate([{ name: 'commonName', value: 'rebind.example' }], {
  keyType: 'ec',
  extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'rebind.example' }] }],
});

test('a name that resolves to the inside the second time is refused there, and each connection resolves once', async () => {
  const { private: key, cert } = await rebind;
  const { port, seen } = await serve(
    (request, response) =>
      request.url === '/b' ? response.end('inside') : response.writeHead(302, { location: '/b' }).end(),
    { key, cert },
  );
  const answers = [to('127.0.0.1'), to('127.0.0.2')];
  let asked = 0;
  const resolve = async () => answers[Math.min(asked++, 1)] ?? [];
  const options = { ...local, resolve, ca: cert };
  expect(await failure(`https://rebind.example:${port}/a`, options)).toEqual(NOT_PUBLIC);
  expect([asked, seen]).toEqual([2, ['/a']]);
});

test('the address that was checked is the one connected to: nobody asks the resolver again', async () => {
  const { private: key, cert } = await rebind;
  const { port } = await serve((request, response) => response.end(request.socket.localAddress), { key, cert });
  let asked = 0;
  const resolve = async () => {
    asked += 1;
    // The second answer would be refused, and the name exists nowhere else.
    return asked === 1 ? to('127.0.0.1') : to('10.0.0.1');
  };
  expect(await createOutbound({ ...local, resolve, ca: cert }).get(`https://rebind.example:${port}/`)).toBe(
    '127.0.0.1',
  );
  expect(asked).toBe(1);
});

test('a certificate for another name, or from nobody known, is not trusted', async () => {
  const { private: key, cert } = await rebind;
  const { port, seen } = await serve((_, response) => response.end('{}'), { key, cert });
  const resolve = async () => to('127.0.0.1');
  const untrusted = { code: 'outbound_failed', message: "The host's TLS certificate is not trusted." };
  expect(await failure(`https://other.example:${port}/`, { ...local, resolve, ca: cert })).toEqual(untrusted);
  expect(await failure(`https://rebind.example:${port}/`, { ...local, resolve })).toEqual(untrusted);
  expect(seen).toEqual([]);
});

test('a redirect from https to plain http is refused even when the target is allowed', async () => {
  const plain = await serve((_, response) => response.end('{}'));
  const { private: key, cert } = await rebind;
  const { port } = await serve((_, response) => response.writeHead(307, { location: plain.url }).end(), { key, cert });
  const options = { ...local, resolve: async () => to('127.0.0.1'), ca: cert };
  expect(await failure(`https://rebind.example:${port}/`, options)).toMatchObject({ code: 'outbound_refused' });
  expect(plain.seen).toEqual([]);
});

test('an answer past the size limit is cut off while it streams, with or without a length', async () => {
  let written = 0;
  const { url } = await serve((request, response) => {
    if (request.url === '/told')
      return void response.writeHead(200, { 'content-length': 2_000 }).end('x'.repeat(2_000));
    const more = () => {
      written += 1_000;
      if (!response.destroyed) response.write('x'.repeat(1_000), () => setImmediate(more));
    };
    more();
  });
  const options = { ...local, bytesMax: 1_999 };
  for (const path of ['/told', '/endless']) {
    expect(await failure(url + path, options)).toMatchObject({
      code: 'outbound_failed',
      message: expect.stringContaining('larger'),
    });
  }
  expect(written).toBeLessThan(10_000_000);
  expect(await createOutbound({ ...local, bytesMax: 2_000 }).get(`${url}/told`)).toHaveLength(2_000);
});

test.each(['silent', 'dripping', 'redirecting', 'unresolved'])(
  'a %s host is given up when the time is over',
  async (kind) => {
    const { url } = await serve((_, response) => {
      if (kind === 'dripping') {
        const drip = setInterval(() => response.write('x'), 10);
        response.on('close', () => clearInterval(drip));
      } else if (kind === 'redirecting') setTimeout(() => response.writeHead(302, { location: '/' }).end(), 40);
    });
    const timeoutMs = 100;
    const late =
      kind === 'unresolved'
        ? await failure('https://name.example/', { timeoutMs, resolve: () => new Promise(() => {}) })
        : await failure(url, { ...local, timeoutMs });
    expect(late).toEqual({ code: 'outbound_failed', message: 'The host does not answer in time.' });
  },
);

test.each([204, 201, 304, 400, 401, 404, 500])('only status 200 is an answer: %i is not', async (status) => {
  const { url } = await serve((_, response) => response.writeHead(status).end());
  expect(await failure(url, local)).toEqual({
    code: 'outbound_failed',
    message: `The host answers with status ${status}.`,
  });
});

test('a compressed answer is refused, because its size could not be known', async () => {
  const { url } = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'));
  expect(await failure(url, local)).toMatchObject({ code: 'outbound_failed' });
});

test('a host that hangs up in the middle has failed', async () => {
  const { url } = await serve((_, response) => {
    response.writeHead(200, { 'content-length': 10 }).write('x');
    setImmediate(() => response.destroy());
  });
  expect(await failure(url, local)).toEqual({ code: 'outbound_failed', message: 'The host cannot be reached.' });
});

const form = () => ({
  body: new URLSearchParams({ code: 'a b&c', secret: 'ü' }),
  headers: { authorization: 'Basic eDp5' },
});

async function postFailure(url: string, options: OutboundOptions = {}) {
  try {
    await createOutbound(options).post(url, form());
  } catch (error) {
    if (error instanceof OutboundError) return { code: error.code, message: error.message };
    throw error;
  }
  return undefined;
}

test.each([200, 302, 400, 401, 503])('a form is sent once, and its answer of status %i is returned', async (status) => {
  let headers: http.IncomingHttpHeaders = {};
  let body = '';
  const { url, seen } = await serve(async (request, response) => {
    ({ headers } = request);
    for await (const chunk of request) body += chunk;
    response.writeHead(status, { 'content-type': 'application/json', location: '/elsewhere' }).end('{"a":1}');
  });
  expect(await createOutbound(local).post(`${url}/token`, form())).toEqual({
    status,
    contentType: 'application/json',
    text: '{"a":1}',
  });
  expect(headers).toMatchObject({
    authorization: 'Basic eDp5',
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    'accept-encoding': 'identity',
  });
  expect([...new URLSearchParams(body)]).toEqual([...form().body]);
  expect(seen).toEqual(['/token']);
});

test('a form is sent where a fetch would be made, and nowhere else', async () => {
  for (const url of ['https://10.0.0.1/', 'https://[::1]/', 'https://169.254.169.254/', 'https://localhost/'])
    expect(await postFailure(url)).toEqual(NOT_PUBLIC);
  for (const url of ['http://example.com/', 'http://127.0.0.1/', 'file:///etc/passwd'])
    expect(await postFailure(url)).toEqual(NOT_HTTPS);
  for (const address of ['10.0.0.1', '::1', '169.254.169.254'])
    expect(await postFailure('https://name.example/', { resolve: async () => to(address) })).toEqual(NOT_PUBLIC);
  expect(await postFailure('https://user:x@example.com/')).toMatchObject({ code: 'outbound_refused' });
});

test('the answer to a form is bounded in size and time, and a caller that leaves ends it', async () => {
  const { url } = await serve((request, response) => {
    if (request.url === '/large') response.end('x'.repeat(2_000));
  });
  expect(await postFailure(`${url}/large`, { ...local, bytesMax: 1_999 })).toMatchObject({ code: 'outbound_failed' });
  expect(await postFailure(`${url}/silent`, { ...local, timeoutMs: 100 })).toEqual({
    code: 'outbound_failed',
    message: 'The host does not answer in time.',
  });
  const left = new Error('left');
  const caller = new AbortController();
  const asked = createOutbound(local).post(`${url}/silent`, { ...form(), signal: caller.signal });
  caller.abort(left);
  await expect(asked).rejects.toBe(left);
});
