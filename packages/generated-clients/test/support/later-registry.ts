/** Plays a registry of a later version: every object of its answers has one more member, and some values are new. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** New values in the place of today's: the kind of a tenant, and the reason why a key is refused. */
const LATER: ReadonlyMap<unknown, string> = new Map([
  ['customer', 'partner'],
  ['revoked', 'suspended'],
]);

/** Others are about the connection, such as the offer of HTTP/2 by Java's client. */
const HANDED_ON = ['accept', 'authorization', 'content-type', 'if-match'];
const HANDED_BACK = ['content-type', 'etag', 'location', 'x-request-id'];

export interface LaterRegistry extends AsyncDisposable {
  readonly url: string;
}

/** Resolves to a server on 127.0.0.1 that hands requests to the registry at the URL, and its answers back as a later one would give them. */
export async function startLaterRegistry(registry: string): Promise<LaterRegistry> {
  const server = createServer((request, response) => {
    hand(registry, request, response).catch((error: unknown) => response.writeHead(502).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function hand(registry: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await buffer(request);
  const headers = HANDED_ON.flatMap((name): [string, string][] => {
    const value = request.headers[name];
    return value === undefined ? [] : [[name, String(value)]];
  });
  const answer = await fetch(registry + request.url, {
    method: request.method ?? 'GET',
    headers,
    ...(body.length === 0 ? {} : { body }),
  });
  const text = await answer.text();
  response.statusCode = answer.status;
  for (const name of HANDED_BACK) {
    const value = answer.headers.get(name);
    if (value !== null) response.setHeader(name, value);
  }
  response.end(text === '' ? undefined : JSON.stringify(grown(JSON.parse(text))));
}

function grown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(grown);
  if (typeof value !== 'object' || value === null) return LATER.get(value) ?? value;
  const members = Object.entries(value).map(([name, each]) => [name, grown(each)]);
  return { ...Object.fromEntries(members), added_later: { a: [1] } };
}
