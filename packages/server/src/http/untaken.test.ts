// engine: none
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import Fastify, { type FastifyBaseLogger } from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createLogger } from '../kernel/logger.ts';
import { toTextStream } from '../kernel/streams/text-stream.ts';
import { TAKE_MS_MAX } from './limits.ts';
import { sendStream } from './stream.ts';
import { cutUntaken } from './untaken.ts';

/** More than the sockets between server and client hold. */
const LARGE = 'x'.repeat(32 * 1_048_576);

/** A server with large answers, whose timers the test fires. */
async function newServer() {
  const logs: string[] = [];
  const logger = createLogger('warn', { write: (line) => void logs.push(line) });
  const app = Fastify({ loggerInstance: logger as FastifyBaseLogger });
  const timers = new Map<() => void, number>();
  cutUntaken(app, (ms, run) => {
    timers.set(run, ms);
    return () => timers.delete(run);
  });
  let returned = false;
  const endless = async function* () {
    try {
      for (;;) yield LARGE.slice(0, 16_384);
    } finally {
      returned = true;
    }
  };
  const about = { mediaType: 'text/plain', filename: 'a' };
  app.get('/page', async () => LARGE);
  app.get('/small', async () => 'small');
  app.get('/stream', (_, reply) =>
    sendStream(
      reply,
      toTextStream(async () => endless(), about),
      () => {},
    ),
  );
  const sockets: Socket[] = [];
  app.server.on('connection', (socket) => sockets.push(socket));
  const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  onTestFinished(() => app.close());
  /** Asks and reads nothing; resolves with the server's end of the connection when it can get rid of no more. */
  const ask = async (path: string) => {
    const place = sockets.length;
    const client = connect(Number(url.port), url.hostname);
    onTestFinished(() => void client.destroy());
    client.on('error', () => {});
    client.pause();
    client.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    await vi.waitFor(() => expect(sockets[place]?.writableLength).toBeGreaterThan(0));
    return { client, socket: sockets[place] as Socket };
  };
  return { app, ask, logs, timers, url, returned: () => returned };
}

test.each(['/page', '/stream'])(
  'an answer of %s that stands still is broken off, and the log says why',
  async (path) => {
    const { app, ask, logs } = await newServer();
    const { client, socket } = await ask(path);
    const closed = once(client.resume(), 'close');
    // As Node does when nothing has moved for the server's timeout.
    app.server.emit('timeout', socket);
    await closed;
    expect(socket.destroyed).toBe(true);
    expect(logs.join('')).toContain('answer broken off');
    expect(logs.join('')).toContain('the caller took nothing of it');
  },
);

test('a stream that is broken off is made no further', async () => {
  const { app, ask, returned } = await newServer();
  const { socket } = await ask('/stream');
  expect(returned()).toBe(false);
  app.server.emit('timeout', socket);
  await vi.waitFor(() => expect(returned()).toBe(true));
});

test('a page that is taken too slowly is broken off after its time, and a stream is not', async () => {
  const { ask, logs, timers } = await newServer();
  await ask('/stream');
  expect(timers.size).toBe(0);
  const { socket } = await ask('/page');
  expect([...timers.values()]).toEqual([TAKE_MS_MAX]);
  for (const fire of timers.keys()) fire();
  expect(socket.destroyed).toBe(true);
  expect(logs.join('')).toContain('had not taken all of it');
  await vi.waitFor(() => expect(timers.size).toBe(0));
});

test('an answer that is taken leaves no timer, and a connection that merely waits ends without a word', async () => {
  const { app, logs, timers, url } = await newServer();
  expect((await (await fetch(new URL('/page', url))).text()).length).toBe(LARGE.length);
  await vi.waitFor(() => expect(timers.size).toBe(0));
  const client = connect(Number(url.port), url.hostname);
  const [socket] = (await once(app.server, 'connection')) as [Socket];
  const closed = once(client.resume(), 'close');
  app.server.emit('timeout', socket);
  await closed;
  expect(logs).toEqual([]);
});
