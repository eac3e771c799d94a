/** Keeps the pool on the primary: a standby answers reads with a state that may be long past, and refuses every write. */
/** https://www.postgresql.org/docs/16/errcodes-appendix.html: read_only_sql_transaction. */
const READ_ONLY = '25006';

interface Connection {
  on(
    event: 'parameterStatus',
    heard: (told: { readonly parameterName: string; readonly parameterValue: string }) => void,
  ): unknown;
  on(event: 'errorMessage', heard: (error: { readonly code?: string }) => void): unknown;
}

export interface PrimaryOnly {
  /** Begins to listen to what the server of a new client says. */
  watch(client: object): void;
  /** Throws for a client whose server has said that it is a standby: it costs no round trip. */
  requirePrimary(client: object): void;
  /** Whether the client's server has refused a write as read-only: such a client is ended, not used again. */
  isReadOnly(client: object): boolean;
}

/**
 * Makes the watch of a pool. A server tells each client whether it is a standby when the connection begins, and again when
 * it is promoted. One that hides behind a pooler, or was set to read only, is found out by the first write.
 */
export function primaryOnly(): PrimaryOnly {
  const standbys = new WeakSet<object>();
  const readOnly = new WeakSet<object>();
  return {
    watch(client) {
      // The types of the driver do not name it.
      const { connection } = client as { readonly connection: Connection };
      connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
        if (parameterName !== 'in_hot_standby') return;
        if (parameterValue === 'on') standbys.add(client);
        else standbys.delete(client);
      });
      connection.on('errorMessage', ({ code }) => {
        if (code === READ_ONLY) readOnly.add(client);
      });
    },
    requirePrimary(client) {
      if (!standbys.has(client)) return;
      throw Object.assign(new Error('the server is a standby: DATABASE_URL has to lead to the primary'), {
        code: READ_ONLY,
      });
    },
    isReadOnly: (client) => readOnly.has(client),
  };
}
