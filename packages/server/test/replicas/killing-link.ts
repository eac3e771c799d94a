/** A TCP relay to the world in which databases are made, that tells when the n-th message goes there. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface KillingLink {
  /** The world through the link. */
  readonly url: string;
  /** Calls it once, when the n-th message from now on has come and is not handed on yet, or has been handed on. */
  arm(n: number, moment: 'before' | 'after', kill: () => void): void;
  /** Returns whether it has not been called yet, and takes it back. */
  disarm(): boolean;
  close(): Promise<void>;
}

interface Armed {
  left: number;
  readonly moment: 'before' | 'after';
  readonly kill: () => void;
}

/** Opens a link to the server of the URL. */
export async function openKillingLink(worldUrl: string): Promise<KillingLink> {
  const { hostname, port } = new URL(worldUrl);
  const sockets = new Set<Socket>();
  let armed: Armed | undefined;
  const handOn = (upstream: Socket) => (message: Buffer) => {
    const due = armed !== undefined && --armed.left === 0 ? armed : undefined;
    if (due !== undefined) armed = undefined;
    if (due?.moment === 'before') return due.kill();
    upstream.write(message);
    due?.kill();
  };
  const relay = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    client.on('data', handOn(upstream));
    upstream.pipe(client);
    // What was handed on is carried out, also when the client is gone.
    client.on('close', () => upstream.end());
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const url = new URL(worldUrl);
  url.hostname = '127.0.0.1';
  url.port = String((relay.address() as AddressInfo).port);
  return {
    url: url.href,
    arm(n, moment, kill) {
      armed = { left: n, moment, kill };
    },
    disarm() {
      const wasArmed = armed !== undefined;
      armed = undefined;
      return wasArmed;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => relay.close(resolve));
    },
  };
}
