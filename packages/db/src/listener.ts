/** A connection of its own, outside the pool, that hears notifications. Structural: the driver stays in database.ts. */
import { Kysely, type PostgresClient, PostgresDialect, sql } from 'kysely';
import type { Db } from './handles.ts';
import type { DB } from './schema.ts';

export interface ListenOptions {
  readonly channel: string;
  readonly onNotification: (payload: string) => void;
  /** A connection on which nothing has moved for so long is given up: whoever listens must also ask now and then. */
  readonly silenceMsMax: number;
}

export interface Listener {
  /** For single statements over this connection; it has no transactions of its own. */
  readonly db: Db;
  /** Aborted, with the reason, when the connection has ended. It is not opened again. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

/** What is needed of the driver's client. */
export interface ListeningClient extends Omit<PostgresClient, 'connect' | 'end'> {
  connect(): Promise<unknown>;
  end(): Promise<void>;
  on(event: 'notification', heard: (message: { payload?: string | undefined }) => void): unknown;
  on(event: 'error', failed: (error: Error) => void): unknown;
  on(event: 'end', ended: () => void): unknown;
}

const CLOSE_MS = 1_000;

/** Connects and listens, or rejects with why not. `destroy` ends the connection without asking the server. */
export async function openListener(
  client: ListeningClient,
  destroy: () => void,
  { channel, onNotification }: ListenOptions,
): Promise<Listener> {
  const lost = new AbortController();
  client.on('error', (error) => lost.abort(error));
  client.on('end', () => lost.abort(new Error('the connection has ended')));
  client.on('notification', ({ payload }) => onNotification(payload ?? ''));
  const only = { query: client.query.bind(client), release() {} };
  const db = new Kysely<DB>({
    dialect: new PostgresDialect({ pool: { connect: async () => only, end: async () => {}, options: {} } }),
  });
  const close = async () => {
    const late = setTimeout(destroy, CLOSE_MS);
    await client.end().catch(() => {});
    clearTimeout(late);
  };
  try {
    await client.connect();
    await sql`listen ${sql.id(channel)}`.execute(db);
    return { db, lost: lost.signal, close };
  } catch (error) {
    await close();
    throw error;
  }
}
