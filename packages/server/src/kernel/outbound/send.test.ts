// engine: none
import type { LookupAddress } from 'node:dns';
import http, { type IncomingHttpHeaders, type RequestListener } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { generate } from 'selfsigned';
import { afterEach, expect, test } from 'vitest';
import { createOutbound, OutboundError, type OutboundOptions, type SentMessage } from '../outbound.ts';
import { type OutboundEntry, outboundEntry } from './policy.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server on loopback, and the connections that it was given. */
async function serve(listener: RequestListener, tls?: { key: string; cert: string }) {
  const sockets: Socket[] = [];
  const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
  servers.push(server);
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, sockets, url: `http://127.0.0.1:${port}` };
}

const local: OutboundOptions = { allow: [outboundEntry('127.0.0.1') as OutboundEntry] };
const message = (fields: Partial<SentMessage> = {}): SentMessage => ({
  body: '{"ü":1}',
  contentType: 'application/json',
  timeoutMs: 20_000,
  ...fields,
});
const to = (address: string): LookupAddress[] => [{ address, family: address.includes(':') ? 6 : 4 }];

async function failure(sending: Promise<unknown>) {
  const error = await sending.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof OutboundError) return { code: error.code, message: error.message };
  throw error ?? new Error('it was sent');
}

test.each([200, 204, 301, 302, 307, 308, 410, 500])(
  'a message is posted once, and its answer of status %i is returned without following it',
  async (status) => {
    let headers: IncomingHttpHeaders = {};
    let body = '';
    const seen: string[] = [];
    const { url } = await serve(async (request, response) => {
      seen.push(`${request.method} ${request.url}`);
      ({ headers } = request);
      for await (const chunk of request) body += chunk;
      response.writeHead(status, { 'retry-after': '17', location: '/elsewhere' }).end(status === 204 ? '' : 'thanks');
    });
    const given = message({ headers: { 'webhook-id': 'x', 'user-agent': 'other' } });
    expect(await createOutbound(local).send(`${url}/hook?a=b`, given)).toEqual({
      status,
      headers: { retryAfter: '17' },
      text: status === 204 ? '' : 'thanks',
    });
    expect(seen).toEqual(['POST /hook?a=b']);
    expect(body).toBe('{"ü":1}');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '8',
      'webhook-id': 'x',
      'user-agent': 'tenant-registry',
    });
  },
);

test('the connection of an answer that ended is used for the next message to the origin', async () => {
  const { url, sockets } = await serve((request, response) => request.resume().on('end', () => response.end('ok')));
  const outbound = createOutbound(local);
  for (let count = 0; count < 5; count += 1) await outbound.send(url, message());
  expect(sockets).toHaveLength(1);
});

test('a kept connection that its host has closed is replaced, and the message arrives', async () => {
  const { url, sockets } = await serve((request, response) => request.resume().on('end', () => response.end('ok')));
  const outbound = createOutbound(local);
  await outbound.send(url, message());
  // With a reset, so that the kept connection fails at the earliest when it is written to.
  sockets[0]?.resetAndDestroy();
  expect(await outbound.send(url, message())).toMatchObject({ status: 200 });
  expect(sockets).toHaveLength(2);
});

test('a kept connection that is closed under the message is replaced once, and a fresh one that is closed fails', async () => {
  let requests = 0;
  const { url } = await serve((request, response) => {
    requests += 1;
    if (requests === 1) request.resume().on('end', () => response.end('ok'));
    else request.socket.resetAndDestroy();
  });
  const outbound = createOutbound(local);
  await outbound.send(url, message());
  expect(await failure(outbound.send(url, message()))).toMatchObject({ code: 'outbound_failed' });
  expect(requests).toBe(3);
});

test('connections are kept per origin: two names of one address never share one', async () => {
  const tls = await generate([{ name: 'commonName', value: 'a.example' }], {
    keyType: 'ec',
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'a.example' },
          { type: 2, value: 'b.example' },
        ],
      },
    ],
  });
  const { port, sockets } = await serve((request, response) => request.resume().on('end', () => response.end('ok')), {
    key: tls.private,
    cert: tls.cert,
  });
  const asked: string[] = [];
  const resolve = async (host: string) => {
    asked.push(host);
    return to('127.0.0.1');
  };
  const outbound = createOutbound({ ...local, resolve, ca: tls.cert });
  for (const name of ['a', 'b', 'a', 'b']) await outbound.send(`https://${name}.example:${port}/`, message());
  expect(asked).toEqual(['a.example', 'b.example']);
  expect(sockets).toHaveLength(2);
});

test('each new connection is checked: a name that moves to the inside is refused when the kept connection is gone', async () => {
  const tls = await generate([{ name: 'commonName', value: 'a.example' }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'a.example' }] }],
  });
  const { port, sockets } = await serve((request, response) => request.resume().on('end', () => response.end('ok')), {
    key: tls.private,
    cert: tls.cert,
  });
  const answers = [to('127.0.0.1'), to('10.0.0.1')];
  const outbound = createOutbound({ ...local, resolve: async () => answers.shift() ?? [], ca: tls.cert });
  const url = `https://a.example:${port}/`;
  await outbound.send(url, message());
  await outbound.send(url, message());
  expect(answers).toHaveLength(1);
  sockets[0]?.destroy();
  // The next message may still go over the connection that is being closed; either way it must look the name up again.
  expect(await failure(outbound.send(url, message()))).toEqual({
    code: 'outbound_refused',
    message: 'The host has no public address.',
  });
});

test.each([
  'https://10.0.0.1/',
  'https://[::1]/',
  'https://169.254.169.254/latest',
  'https://localhost/',
  'https://inside.example/',
  'http://example.com/',
  'http://127.0.0.1/',
  'file:///etc/passwd',
  'https://user:hunter2@example.com/',
  'https://',
])('nothing is sent to %s', async (url) => {
  const refused = await failure(createOutbound({ resolve: async () => to('10.0.0.1') }).send(url, message()));
  expect(refused.code).toBe('outbound_refused');
  expect(refused.message).not.toMatch(/10\.0|127\.0|hunter2/);
});

test('an answer is cut at 16 KiB and its connection closed, however long it would go on', async () => {
  let written = 0;
  const { url, sockets } = await serve((_, response) => {
    const more = () => {
      written += 4_096;
      if (!response.destroyed) response.write('x'.repeat(4_096), () => setImmediate(more));
    };
    more();
  });
  const answer = await createOutbound(local).send(url, message());
  expect(answer.text).toBe('x'.repeat(16_384));
  await expect.poll(() => sockets[0]?.destroyed).toBe(true);
  expect(written).toBeLessThan(20_000_000);
});

test('an answer of exactly 16 KiB is whole, a cut through a character leaves it out, a compressed one is not shown', async () => {
  const bodies = ['x'.repeat(16_384), `${'x'.repeat(16_383)}üüü`, 'packed'];
  const { url } = await serve((request, response) => {
    const path = Number(request.url?.slice(1));
    if (path === 2) response.setHeader('content-encoding', 'gzip');
    response.end(bodies[path]);
  });
  const outbound = createOutbound(local);
  const texts = [0, 1, 2].map(async (path) => (await outbound.send(`${url}/${path}`, message())).text);
  expect(await Promise.all(texts)).toEqual(['x'.repeat(16_384), 'x'.repeat(16_383), '']);
});

test.each(['silent', 'dripping', 'half'])('a %s answer fails', async (kind) => {
  const { url } = await serve((_, response) => {
    if (kind === 'half') {
      response.writeHead(200, { 'content-length': 10 }).write('x');
      setImmediate(() => response.destroy());
    } else if (kind === 'dripping') {
      const drip = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(drip));
    }
  });
  expect(
    await failure(createOutbound(local).send(url, message({ timeoutMs: kind === 'half' ? 20_000 : 100 }))),
  ).toEqual({
    code: 'outbound_failed',
    message: kind === 'half' ? 'The host cannot be reached.' : 'The host does not answer in time.',
  });
});

test('a caller that leaves ends the request with its own reason', async () => {
  const { url, sockets } = await serve(() => {});
  const left = new Error('left');
  const caller = new AbortController();
  const sending = createOutbound(local).send(url, message({ signal: caller.signal }));
  const refused = expect(sending).rejects.toBe(left);
  await expect.poll(() => sockets.length).toBe(1);
  caller.abort(left);
  await refused;
  await expect.poll(() => sockets[0]?.destroyed).toBe(true);
});

test('a host that answers 101 is given up at once, over every kind of request', async () => {
  const raw = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: x\r\n\r\n'),
    );
  });
  servers.push(raw);
  await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
  const changing = `http://127.0.0.1:${(raw.address() as AddressInfo).port}`;
  const outbound = createOutbound({ ...local, timeoutMs: 600_000 });
  const unreachable = { code: 'outbound_failed', message: 'The host cannot be reached.' };
  expect(await failure(outbound.send(changing, message({ timeoutMs: 600_000 })))).toEqual(unreachable);
  expect(await failure(outbound.get(changing))).toEqual(unreachable);
  expect(await failure(outbound.post(changing, { body: new URLSearchParams() }))).toEqual(unreachable);
});
