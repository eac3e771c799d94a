/** The sockets on which the supervisor accepts for its processes: closed before these are told to end, so that what was accepted still finds a reader. */
import { channel } from 'node:diagnostics_channel';
import type { Server } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/** By then the processes have taken what was accepted. */
const TAKEN_MS = 250;

/** What `node:cluster` keeps of a server, and has no way to close before the last process has. */
interface Socket {
  close(): void;
}

/**
 * Watches for the sockets that are opened from now on, and returns what closes them and resolves when everything accepted is handed
 * out. Where Node does not tell of its servers, the processes close them, and a connection that is made at that instant is reset.
 */
export function watchListeningSockets(): () => Promise<void> {
  const sockets = new Set<Socket>();
  channel('tracing:net.server.listen:asyncStart').subscribe((message) => {
    const { server } = message as { readonly server: Server & { readonly _handle?: Socket | null } };
    // Before the cluster takes the socket out of the server.
    server.prependOnceListener('listening', () => {
      if (server._handle) sockets.add(server._handle);
    });
  });
  return async () => {
    // Directly after a turn that has accepted what waited: the system resets what still waits.
    await nextTurn();
    for (const socket of sockets) socket.close();
    if (sockets.size > 0) await pause(TAKEN_MS);
  };
}
