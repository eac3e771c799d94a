/** The connection behind a client, for what the SDK builds on a client beside its operations. */
import type { Connection } from './call.ts';

const connections = new WeakMap<object, Connection>();

/** Keeps the connection for as long as the client exists. */
export function rememberConnection(client: object, connection: Connection): void {
  connections.set(client, connection);
}

/** Returns the connection of the client. Throws a `TypeError` for anything that `createClient` did not return. */
export function connectionOf(client: object): Connection {
  const connection = connections.get(client);
  if (connection === undefined) throw new TypeError('The client must be the object that createClient returned.');
  return connection;
}
