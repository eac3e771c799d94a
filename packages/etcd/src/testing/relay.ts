/** A TCP port that leads to a socket file and can fall silent. It keeps its port while the program behind it restarts. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Relay {
  readonly port: number;
  /** Applies what `passes` says now to the connections that exist. */
  refresh(): void;
  close(): Promise<void>;
}

export interface RelayOptions {
  readonly target: string;
  /**
   * Whether bytes of a connection are handed on, in both directions. Otherwise they vanish, as on a broken network, and the
   * connection ends when bytes would pass again. The sender is what its first `X-Server-From` says.
   */
  readonly passes: (sender: string | undefined) => boolean;
}

interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
  sender: string | undefined;
  silent: boolean;
}

const SENDER = /\r\nX-Server-From: ([0-9a-f]+)\r\n/;

/** Opens a relay on a port of 127.0.0.1 that the system chooses. */
export async function openRelay({ target, passes }: RelayOptions): Promise<Relay> {
  const links = new Set<Link>();
  const server = createServer((client) => {
    const link: Link = { client, upstream: connect(target), sender: undefined, silent: !passes(undefined) };
    links.add(link);
    connectBoth(link, (chunk) => {
      link.sender ??= SENDER.exec(chunk.toString('latin1'))?.[1];
      if (!passes(link.sender)) link.silent = true;
    });
    client.once('close', () => links.delete(link));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    refresh() {
      for (const link of links) {
        const open = passes(link.sender);
        if (open && link.silent) destroy(link);
        link.silent = !open;
      }
    },
    async close() {
      for (const link of links) destroy(link);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function destroy({ client, upstream }: Link): void {
  client.destroy();
  upstream.destroy();
}

/** Hands bytes on in both directions; `sees` is told those of the client before. */
function connectBoth(link: Link, sees: (chunk: Buffer) => void): void {
  const { client, upstream } = link;
  const hand = (from: Socket, to: Socket) => {
    from.on('data', (chunk: Buffer) => {
      if (from === client && !link.silent && link.sender === undefined) sees(chunk);
      if (link.silent || to.write(chunk)) return;
      from.pause();
      to.once('drain', () => from.resume());
    });
    from.on('end', () => {
      if (!link.silent) to.end();
    });
    from.on('error', () => {});
    from.on('close', () => {
      // What a silent link lost includes the end of its connections.
      if (!link.silent) destroy(link);
    });
  };
  hand(client, upstream);
  hand(upstream, client);
}
