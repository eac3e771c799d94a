/** A memory-backed replica as a process: `POST /read` and `POST /write` with a subject; `GET /hits`. */
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { openDatabase } from '@tenant-registry/db';
import { createMemoryReplica } from './memory-replica.ts';

const { DATABASE_URL: url = '', AUTHORITY_LEASE_MS } = process.env;
const database = await openDatabase({ url, connectTimeoutMs: 1_000, statementTimeoutMs: 2_000, log: () => {} });
const replica = createMemoryReplica(database, { leaseMs: Number(AUTHORITY_LEASE_MS) });
await replica.leases.start();

// biome-ignore lint/suspicious/noExplicitAny: the test sends what it means
async function answer(path: string | undefined, body: any): Promise<unknown> {
  if (path === '/hits') return replica.hits();
  if (path === '/read') return replica.read(body.subject);
  await replica.write(body.subject, body.live);
  return true;
}

const server = createServer(async (request, response) => {
  try {
    const body = request.method === 'POST' ? await json(request) : null;
    response.end(JSON.stringify(await answer(request.url, body)));
  } catch {
    response.writeHead(503).end('null');
  }
}).listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  console.log(JSON.stringify({ address: `http://127.0.0.1:${port}` }));
});
