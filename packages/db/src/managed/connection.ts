/** Connections to a server whose databases and roles are managed. They are apart from the registry's own database. */
import { openDatabase } from '../database.ts';
import type { Db } from '../handles.ts';
import { noteScope } from '../tenant-scope.ts';

const CONNECT_MS_MAX = 5_000;
/** The wait for a silent server is a quarter longer than this: no call takes ten seconds. */
const STATEMENT_MS_MAX = 7_500;

export interface ManagedConnection {
  readonly db: Db;
  close(): Promise<void>;
}

/**
 * Makes one connection, at its first statement. Each statement ends within ten seconds, and none is sent once the signal
 * has fired. Throws `DatabaseConfigError` for a URL that cannot be tried.
 */
export async function connectManaged(url: string, signal: AbortSignal): Promise<ManagedConnection> {
  const handle = await openDatabase({
    url,
    connectionsMax: 1,
    lifetimeMaxSeconds: 0,
    idleTimeoutMs: 0,
    connectTimeoutMs: CONNECT_MS_MAX,
    statementTimeoutMs: STATEMENT_MS_MAX,
    applicationName: 'tenant-registry-provisioner',
    primaryOnly: false, // whether it is a standby is asked, and told as the reason
    log: () => {}, // the statement that needs the lost connection fails, and says so
  });
  const db = handle.db.withPlugin({
    transformQuery({ node }) {
      signal.throwIfAborted();
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  noteScope(db, null);
  return { db, close: handle.close };
}
