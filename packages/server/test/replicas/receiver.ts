/** A receiver of webhooks on a real port, which writes down all that it is sent. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Receipt {
  /** The last part of the URL's path. */
  readonly endpoint: string;
  /** The header `webhook-id`. */
  readonly id: string;
  readonly body: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface Receiver {
  /** `127.0.0.1:<port>`, as OUTBOUND_ALLOW names it. */
  readonly host: string;
  /** All receipts, in the order in which they came. */
  readonly receipts: readonly Receipt[];
  urlOf(endpoint: string): string;
  close(): Promise<void>;
}

/** Starts a receiver that answers each delivery with 204 once it has all of it. */
export async function startReceiver(): Promise<Receiver> {
  const receipts: Receipt[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    receipts.push({
      endpoint: request.url?.split('/').at(-1) ?? '',
      id: String(request.headers['webhook-id']),
      body: Buffer.concat(chunks).toString(),
      at: Date.now(),
    });
    response.writeHead(204).end();
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => request.destroy()); // the sender was killed amid its request
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    receipts,
    urlOf: (endpoint) => `http://${host}/${endpoint}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
