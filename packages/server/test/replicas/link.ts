/** A TCP relay to the database that can be cut and restored on the same port. */
import { connect, createServer, type Socket } from 'node:net';
import { listenAgain, listenOnKeptPort } from '../support/kept-port.ts';

export interface Link {
  /** The database through the link. */
  readonly url: string;
  /** Takes everything and hands nothing on, on the connections of this moment. */
  silence(): void;
  /** Like `silence`, and on every new connection too, until `cut`: as if the server's processes were stopped. */
  freeze(): void;
  cut(): Promise<void>;
  restore(): Promise<void>;
}

export async function openLink(databaseUrl: string): Promise<Link> {
  const { hostname, port: targetPort } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let frozen = false;
  const relay = createServer((client) => {
    const upstream = connect(Number(targetPort), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    if (frozen) client.resume();
    else client.pipe(upstream).pipe(client);
  });
  const port = await listenOnKeptPort(relay);
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  const silence = () => {
    for (const socket of sockets) socket.unpipe().resume();
  };
  return {
    url: url.href,
    silence,
    freeze() {
      frozen = true;
      silence();
    },
    async cut() {
      frozen = false;
      const closed = new Promise((resolve) => relay.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    restore: () => listenAgain(relay, port),
  };
}
