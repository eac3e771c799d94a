/** Keeps the pool on the primary: a standby answers reads with a state that may be long past, and refuses every write. */
import type { Socket } from 'node:net';

/** https://www.postgresql.org/docs/16/errcodes-appendix.html: read_only_sql_transaction. */
const READ_ONLY = '25006';

interface Connection {
  on(
    event: 'parameterStatus',
    heard: (told: { readonly parameterName: string; readonly parameterValue: string }) => void,
  ): unknown;
  on(event: 'errorMessage', heard: (error: { readonly code?: string }) => void): unknown;
  on(event: 'readyForQuery', heard: (told: { readonly status: string }) => void): unknown;
}

export interface PrimaryOnly {
  /** Begins to listen to a new client's server; once one refuses a write, the socket is destroyed after the rollback. */
  watch(client: object, socket: Socket): void;
  /** Throws for a client whose server has said that it is a standby: it costs no round trip. */
  requirePrimary(client: object): void;
}

/**
 * Makes the watch of a pool. A server tells each client whether it is a standby when the connection begins, and again when
 * it is promoted. One that hides behind a pooler, or was set to read only, is found out by the first write.
 */
export function primaryOnly(): PrimaryOnly {
  const standbys = new WeakSet<object>();
  return {
    watch(client, socket) {
      // The types of the driver do not name it.
      const { connection } = client as { readonly connection: Connection };
      connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
        if (parameterName !== 'in_hot_standby') return;
        if (parameterValue === 'on') standbys.add(client);
        else standbys.delete(client);
      });
      let refused = false;
      connection.on('errorMessage', ({ code }) => {
        if (code === READ_ONLY) refused = true;
      });
      // Idle ("I") is after the rollback: destroyed before it, the caller would get the error of the rollback instead.
      connection.on('readyForQuery', ({ status }) => {
        if (refused && status === 'I') socket.destroy(new Error('Connection terminated: the server is read-only'));
      });
    },
    requirePrimary(client) {
      if (!standbys.has(client)) return;
      throw Object.assign(new Error('the server is a standby: DATABASE_URL has to lead to the primary'), {
        code: READ_ONLY,
      });
    },
  };
}
