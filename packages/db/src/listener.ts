/**
 * Hears notifications on a connection outside the pool. The client is typed by its shape, so that the driver stays in
 * database.ts.
 */
import { Kysely, type PostgresClient, PostgresDialect, sql } from 'kysely';
import type { Db } from './handles.ts';
import type { DB } from './schema.ts';

export interface ListenOptions {
  /** What is done with the notifications of each channel. */
  readonly channels: Readonly<Record<string, (payload: string) => void>>;
  /** Gives the connection up after this much silence: a listener must send a statement more often. */
  readonly silenceMsMax: number;
}

export interface Listener {
  /** Runs single statements on this connection; it has no transactions. */
  readonly db: Db;
  /** Aborts, with the reason, when the connection ends. The connection is not opened again. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

/** The part of the driver's client that a listener uses. */
export interface ListeningClient extends Omit<PostgresClient, 'connect' | 'end'> {
  connect(): Promise<unknown>;
  end(): Promise<void>;
  on(event: 'notification', heard: (message: { channel: string; payload?: string | undefined }) => void): unknown;
  on(event: 'error', failed: (error: Error) => void): unknown;
  on(event: 'end', ended: () => void): unknown;
}

const CLOSE_MS = 1_000;

/** Connects and listens, or rejects with the reason. `destroy` ends the connection without asking the server. */
export async function openListener(
  client: ListeningClient,
  destroy: () => void,
  { channels }: ListenOptions,
): Promise<Listener> {
  const lost = new AbortController();
  client.on('error', (error) => lost.abort(error));
  client.on('end', () => lost.abort(new Error('the connection has ended')));
  client.on('notification', ({ channel, payload }) => channels[channel]?.(payload ?? ''));
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
    for (const channel of Object.keys(channels)) await sql`listen ${sql.id(channel)}`.execute(db);
    return { db, lost: lost.signal, close };
  } catch (error) {
    await close();
    throw error;
  }
}
