/** The ceiling of deliveries: a loop that signs a body as Standard Webhooks do and fetches, and does nothing else. */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const secret = randomBytes(32);

interface Order {
  readonly url: string;
  readonly body: string;
  readonly count: number;
  readonly concurrency: number;
}

async function send({ url, body, count, concurrency }: Order): Promise<void> {
  let left = count;
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const [id, time] = [randomUUID(), Math.floor(Date.now() / 1000)];
      const signature = createHmac('sha256', secret).update(`${id}.${time}.${body}`).digest('base64');
      const headers = {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(time),
        'webhook-signature': `v1,${signature}`,
      };
      const response = await fetch(url, { method: 'POST', headers, body });
      if (response.status !== 204) throw new Error(`the receiver answered ${response.status}`);
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, one));
}

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const order = Buffer.concat(chunks).toString();
  const failure = order === '' ? undefined : await send(JSON.parse(order)).catch((error: Error) => error.message);
  response.writeHead(failure === undefined ? 200 : 500, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ failure: failure ?? null }));
});
server.requestTimeout = 0;
server.listen(Number(process.env['PORT']), process.env['HOST']);
