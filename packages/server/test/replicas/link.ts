/** A TCP relay to the database that can be cut and restored. It never gives up its port, which another process could take. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Link {
  /** The database through the link. */
  readonly url: string;
  /** Takes everything and hands nothing on, on the connections of this moment. */
  silence(): void;
  /** Like `silence`, and on every new connection too, until `cut`: as if the server's processes were stopped. */
  freeze(): void;
  /** Ends every connection, and each new one as soon as it is there, until `restore`. */
  cut(): Promise<void>;
  restore(): void;
  close(): Promise<void>;
}

/** A silent client that is gone: the database notices it, as it does by keep-alive packets, and not at once. */
const NOTICED_AFTER_MS = 3_000;

export async function openLink(databaseUrl: string): Promise<Link> {
  const { hostname, port: targetPort } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let frozen = false;
  let open = true;
  const relay = createServer((client) => {
    if (!open) return void client.destroy();
    const upstream = connect(Number(targetPort), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('close', () => setTimeout(() => upstream.destroy(), NOTICED_AFTER_MS).unref());
    if (frozen) client.resume();
    else client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((relay.address() as AddressInfo).port);
  const silence = () => {
    for (const socket of sockets) socket.unpipe().resume();
  };
  const cut = async () => {
    frozen = false;
    open = false;
    await Promise.all(Array.from(sockets, (socket) => once(socket.destroy(), 'close')));
  };
  return {
    url: url.href,
    silence,
    freeze() {
      frozen = true;
      silence();
    },
    cut,
    restore() {
      open = true;
    },
    async close() {
      await cut();
      await new Promise((resolve) => relay.close(resolve));
    },
  };
}
