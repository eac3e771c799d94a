/**
 * Receives webhooks, and tells how many came and how late. A delivery is known by its path and `webhook-id`, so a
 * repetition does not count. Paths under /silent are never answered.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

interface Receipt {
  readonly path: string;
  /** From the event's timestamp to the end of the request. */
  readonly lateMs: number;
}

const receipts = new Map<string, Receipt>();
let firstAt = 0;
let lastAt = 0;

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { timestamp } = JSON.parse(Buffer.concat(chunks).toString());
  const path = request.url ?? '';
  const key = `${path} ${request.headers['webhook-id']}`;
  const now = Date.now();
  if (!receipts.has(key)) {
    receipts.set(key, { path, lateMs: now - Date.parse(timestamp) });
    if (receipts.size === 1) firstAt = performance.now();
    lastAt = performance.now();
  }
  response.writeHead(204).end();
}

function tell(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const server = createServer((request, response) => {
  const { method, url = '' } = request;
  if (method === 'POST' && url.startsWith('/silent')) return void request.resume();
  if (method === 'POST') return void receive(request, response).catch(() => request.destroy());
  if (method === 'DELETE') receipts.clear();
  if (url === '/late')
    return tell(
      response,
      [...receipts.values()].map(({ lateMs }) => lateMs),
    );
  return tell(response, { count: receipts.size, seconds: (lastAt - firstAt) / 1000 });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.env['PORT']), process.env['HOST']);
