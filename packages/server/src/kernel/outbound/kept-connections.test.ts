// engine: none
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createConnections } from './kept-connections.ts';

async function serve() {
  const waiting: http.ServerResponse[] = [];
  const server = http.createServer((_, response) => void waiting.push(response));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), waiting };
}

/** Has so many requests under way at once, then answers all. */
async function together(
  { url, waiting }: Awaited<ReturnType<typeof serve>>,
  connections: ReturnType<typeof createConnections>,
  count: number,
) {
  const ended = Array.from(
    { length: count },
    () =>
      new Promise<void>((resolve, reject) => {
        http
          .get(url, { agent: connections.agentFor(url) }, (response) => response.resume().on('end', resolve))
          .on('error', reject);
      }),
  );
  await expect.poll(() => waiting.length).toBe(count);
  for (const response of waiting.splice(0)) response.end('ok');
  await Promise.all(ended);
}

test('so many connections are kept for an origin, and so many in all', async () => {
  const connections = createConnections({ originMax: 2, totalMax: 3, idleMs: 600_000 });
  const [one, other] = [await serve(), await serve()];
  await together(one, connections, 4);
  await expect.poll(() => connections.idle()).toBe(2);
  await together(other, connections, 4);
  await expect.poll(() => connections.idle()).toBe(3);
});

test('a connection that is idle for long enough is closed', async () => {
  const connections = createConnections({ originMax: 2, totalMax: 3, idleMs: 50 });
  await together(await serve(), connections, 2);
  await expect.poll(() => connections.idle()).toBe(0);
});
