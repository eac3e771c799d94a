/** A port that a test gives up and takes again: no connection of another process is given it meanwhile. */
import { randomInt } from 'node:crypto';
import type { Server } from 'node:net';

/** Below the ports that systems give to outgoing connections: 32768 on Linux, 49152 elsewhere. */
const PORTS = [15_000, 32_000] as const;
const ATTEMPTS_MAX = 50;

/** Makes the server listen on loopback, on a port of its own, which `listenAgain` can give back to it; resolves to the port. */
export async function listenOnKeptPort(server: Server): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = randomInt(...PORTS);
    try {
      await listenAgain(server, port);
      return port;
    } catch (error) {
      if (attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

/** Makes the server listen on loopback on that port. */
export function listenAgain(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
