/** A product behind a gateway: it answers with the request as it reached it. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Reached {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface EchoProduct {
  /** Where it listens, as host and port. */
  readonly address: string;
  /** Every request that reached it. */
  readonly reached: readonly Reached[];
  close(): Promise<void>;
}

/** Starts it on a port of its own. */
export async function startEchoProduct(): Promise<EchoProduct> {
  const reached: Reached[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.once('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, path: url, headers, body };
      reached.push(one);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(one));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // of a server that listens on a port
  return {
    address: `127.0.0.1:${port}`,
    reached,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
