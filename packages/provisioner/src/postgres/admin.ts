/** The administrator's connection. Its URL is read from its file each time, so it can be replaced while the server runs. */
import { readFile } from 'node:fs/promises';
import { type Db, type ManagedConnection, managedServer, safeMessage, urlMistakes } from '@tenant-registry/db';
import { ProvisionerUnavailable } from '../types.ts';

const VERSION_MIN = 160_000;
const PORT = 5432;

export type Connect = (url: string, signal: AbortSignal) => Promise<ManagedConnection>;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Reads the URL. Throws `ProvisionerUnavailable`, without the URL in its message. */
export async function readAdminUrl(file: string): Promise<URL> {
  const unusable = (why: string) => new ProvisionerUnavailable(`the URL of the administrator in ${file} ${why}`);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unusable(`cannot be read: ${safeMessage(error)}`);
  });
  const [mistake] = urlMistakes(text.trim());
  if (mistake !== undefined) throw unusable(mistake.message);
  if (!URL.canParse(text.trim())) throw unusable('is no URL: escape what is special in its password');
  const url = new URL(text.trim());
  // The driver would put them before those of a login.
  if (url.searchParams.has('user') || url.searchParams.has('password'))
    throw unusable('names its user or password after the question mark: put them before the host');
  return url;
}

/** Returns where the URL leads. */
export function addressOf(url: URL): Address {
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || PORT) };
}

/** Runs the work on one connection, which it ends. Rejects at once when the signal fires; then nothing more is sent. */
export async function onConnection<T>(
  connection: ManagedConnection,
  signal: AbortSignal,
  work: (db: Db) => Promise<T>,
): Promise<T> {
  const done = connection.db.connection().execute(work);
  const closed = done.then(connection.close, connection.close);
  closed.catch(() => {});
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    const result = await Promise.race([done, aborted.promise]);
    await Promise.race([closed, aborted.promise]);
    return result;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Throws `ProvisionerUnavailable`, with all that is missing, when the server or its administrator cannot do the work. */
export async function requireAbilities(db: Db, address: string): Promise<void> {
  const server = await managedServer.findServer(db);
  if (server === undefined) throw new ProvisionerUnavailable(`PostgreSQL at ${address} does not know its own user`);
  const { admin, version } = server;
  const missing = [
    ...(version < VERSION_MIN ? [`it is version ${Math.floor(version / 10_000)}, and 16 is needed`] : []),
    ...(server.standby ? ['it is a standby: name the primary'] : []),
    ...(server.createdb ? [] : [`${admin} may not create databases: alter role ${admin} createdb`]),
    ...(server.createrole ? [] : [`${admin} may not create roles: alter role ${admin} createrole`]),
  ];
  if (missing.length > 0) throw new ProvisionerUnavailable(`PostgreSQL at ${address}: ${missing.join('; ')}`);
}
