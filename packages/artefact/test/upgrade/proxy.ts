/** A proxy before replicas, as docs/scaling.md asks for one: in turn, and on to the next where no connection is made. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Proxy {
  readonly url: string;
  /** The addresses that requests go to, in turn. */
  readonly replicas: string[];
  /** How many requests each address has answered. */
  readonly answered: ReadonlyMap<string, number>;
  close(): void;
}

/** Resolves when it listens; it has no replicas yet. */
export async function startProxy(): Promise<Proxy> {
  const replicas: string[] = [];
  const answered = new Map<string, number>();
  let turn = 0;
  const server = createServer(async (question, answer) => {
    const body = await bytesOf(question);
    const inTurn = replicas.map((_, n) => replicas[(turn + n) % replicas.length] ?? '');
    turn += 1;
    for (const replica of inTurn) {
      if (await passOn(replica, { question, body, answer })) {
        answered.set(replica, (answered.get(replica) ?? 0) + 1);
        return;
      }
    }
    answer.writeHead(503).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    replicas,
    answered,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function bytesOf(question: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of question) pieces.push(piece);
  return Buffer.concat(pieces);
}

interface Exchange {
  readonly question: IncomingMessage;
  readonly body: Buffer;
  readonly answer: ServerResponse;
}

/** Resolves to whether a connection was made; one that broke afterwards breaks that of the caller. */
function passOn(replica: string, { question, body, answer }: Exchange): Promise<boolean> {
  return new Promise((resolve) => {
    const { method = '', url = '', headers } = question;
    // A connection for each request: none that was kept can be closed by the replica at the moment of its next use.
    const asked = request(`${replica}${url}`, { method, headers, agent: false }, (given) => {
      const { connection: _, 'keep-alive': __, ...kept } = given.headers;
      answer.writeHead(given.statusCode ?? 502, kept);
      answer.flushHeaders();
      given.pipe(answer);
      given.once('error', () => answer.destroy());
      answer.once('close', () => asked.destroy());
      resolve(true);
    });
    asked.once('error', (error) => {
      if ('code' in error && error.code === 'ECONNREFUSED') return resolve(false);
      answer.destroy();
      resolve(true);
    });
    asked.end(body);
  });
}
