/** Opens databases. No file but this one, shaped-query.ts and pglite.ts imports a driver. */
import { mkdirSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname } from 'node:path';
import { type Dialect, Kysely, PGliteDialect, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import {
  type DatabaseConfig,
  type PgliteConfig,
  type PostgresConfig,
  poolOptions,
  silenceMsMax,
  validateDatabaseConfig,
} from './database-config.ts';
import { lockDirectory } from './directory-lock.ts';
import { notePreparing } from './fixed.ts';
import type { Db } from './handles.ts';
import { type Listener, type ListenOptions, openListener } from './listener.ts';
import { observedDialect, observedPreparing, type StatementObserver } from './observed.ts';
import type { PGlite } from './pglite.ts';
import { onEngine, onPool, type Prepared, prepareMarked, type Statement } from './prepared.ts';
import { type PrimaryOnly, primaryOnly } from './primary-only.ts';
import { safeMessage } from './redact.ts';
import type { DB } from './schema.ts';
import { sendScopesAlong } from './scoped-query.ts';
import { Shapes } from './shaped-query.ts';
import { type Admit, noteScope, scopedDialect, type TenantScope } from './tenant-scope.ts';
import { parsers } from './types.ts';

export interface DatabaseHandle {
  readonly db: Db;
  readonly engine: 'postgres' | 'pglite';
  /**
   * Returns a handle on this database in which only the tenant's rows exist: row-level security refuses all others, in
   * every statement. It uses this handle's connections, needs no closing, and costs nothing until its first statement.
   */
  forTenant(scope: TenantScope, admit?: Admit): Db;
  /** Makes a statement ready that runs on every request: the server parses and plans it once per connection. */
  prepare<Row>(statement: Statement): Prepared<Row>;
  /** Counts the pool's open connections, its idle ones, and the callers that wait for one. */
  connections(): { readonly total: number; readonly idle: number; readonly waiting: number };
  /** Resolves to the engine and its version, for people: `PostgreSQL 16.14`. */
  version(): Promise<string>;
  /**
   * Resolves when one round trip on the existing pool succeeded within `timeoutMs`. Rejects otherwise, with no password
   * in the message.
   */
  ping(timeoutMs: number): Promise<void>;
  /**
   * Resolves to a separate connection that hears the channels, past a pooler if there is one; rejects when it cannot be
   * made. The caller closes it before the handle.
   */
  listen(options: ListenOptions): Promise<Listener>;
  /** Closes everything once; later calls wait for the first. */
  close(): Promise<void>;
  /** PGlite only: the data directory as an archive, to be loaded as `snapshot` elsewhere. */
  dump(): Promise<Blob>;
}

/**
 * Opens a database, or throws `DatabaseConfigError` (naming every mistake) or `DirectoryLockedError`.
 * With PostgreSQL it makes no connection yet: that happens at the first query. With PGlite the engine is running.
 * An observer hears of every statement of the pool or engine, without its values.
 */
export async function openDatabase(config: DatabaseConfig, observe?: StatementObserver): Promise<DatabaseHandle> {
  validateDatabaseConfig(config);
  return 'url' in config ? openPostgres(config, observe) : openPglite(config.pglite, observe);
}

function openPostgres(config: PostgresConfig, observe?: StatementObserver): DatabaseHandle {
  const options = poolOptions(config);
  const types = { getTypeParser: (oid: number) => parsers[oid] ?? pg.types.getTypeParser(oid) } as pg.CustomTypesConfig;
  const guard = config.primaryOnly === false ? undefined : primaryOnly();
  const direct = config.directUrl === undefined ? options : { ...options, connectionString: config.directUrl };
  // A pooler in transaction mode gives one session to many clients, and a session keeps the names of its statements.
  const isAlone = direct === options;
  const pool = openPool({ ...options, types }, { silenceMs: silenceMsMax(config), guard, isAlone });
  const log = config.log ?? ((message: string) => console.error(message));
  // An idle connection that dies is replaced by the pool; without a listener it would end the process.
  pool.on('error', (error) => log(`database connection lost: ${safeMessage(error)}`));
  // A connection that dies at work emits an error too; its query has already failed with it.
  pool.on('connect', (client) => client.on('error', () => {}));
  const listen = (wanted: ListenOptions) => {
    const socket = impatientSocket(wanted.silenceMsMax);
    const application_name = `${options.application_name}-listener`;
    const client = new pg.Client({ ...direct, application_name, stream: () => socket, types });
    return openListener(client, () => socket.destroy(), wanted);
  };
  if (isAlone) pool.on('connect', (client) => prepareMarked(client as never)); // the types of pg name no such call
  return handle(new PostgresDialect({ pool }), 'postgres', {
    observe,
    listen,
    prepare: onPool(pool, isAlone),
    connections: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    // Kysely ends a pool that this handle itself has used, but not one that only the handles of tenants have used.
    end: async () => void (pool.ending || (await pool.end())),
    dump: () => Promise.reject(new Error('only a PGlite database can be dumped this way: use pg_dump')),
  });
}

const SILENT = 'Connection terminated: the database has fallen silent';

/**
 * The server ends a statement in time, so a longer silence means that there is no server any more. A host that lost its
 * power closes no connection: TCP alone would wait for it for a quarter of an hour. 0: no silence is too long.
 */
function impatientSocket(silenceMs: number): Socket {
  const socket = new Socket();
  const late = () => socket.destroy(new Error(SILENT));
  return socket.setTimeout(silenceMs, late);
}

interface Watched {
  readonly silenceMs: number;
  readonly guard: PrimaryOnly | undefined;
  /** No other client shares the sessions. */
  readonly isAlone: boolean;
}

/**
 * Only a connection that works, or is being made, can be silent for too long: an idle one is asked nothing. A connection
 * that was takes the idle ones with it, so that a link that lost them all costs one wait and not one for each.
 */
function openPool(options: pg.PoolConfig, { silenceMs, guard, isAlone }: Watched): pg.Pool {
  const sockets = new WeakMap<object, Socket>();
  const idle = new Set<Socket>();
  const shapes = new Shapes();
  class ImpatientClient extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      const socket = impatientSocket(silenceMs);
      super({ ...config, stream: () => socket });
      sockets.set(this, socket);
      socket.once('close', () => idle.delete(socket));
      socket.once('timeout', () => {
        for (const each of idle) each.destroy(new Error(SILENT));
      });
      answerThroughCallbacks(this);
      sendScopesAlong(this as never, { named: isAlone, shapes }); // the types of pg name no such call
      guard?.watch(this);
    }
  }
  const onConnect = (client: pg.ClientBase) => guard?.requirePrimary(client);
  const pool = new pg.Pool({ ...options, Client: ImpatientClient, onConnect });
  pool.on('acquire', (client) => {
    const socket = sockets.get(client)?.setTimeout(silenceMs);
    if (socket !== undefined) idle.delete(socket);
  });
  pool.on('release', (_, client) => {
    // The pool drops a client that is ending. Not earlier: a transaction still has to roll back, and to fail with its error.
    if (guard?.isReadOnly(client)) void client.end();
    const socket = sockets.get(client)?.setTimeout(0);
    if (socket !== undefined && !socket.destroyed) idle.add(socket);
  });
  return pool;
}

type Answered = (error: Error | null, result: unknown) => void;
type Query = (config: unknown, values?: unknown, answered?: Answered) => unknown;

/**
 * A promise that the driver makes for an answer can be reached from its statement, and garbage of both that has become old
 * keeps what follows it alive until a full collection: a read of many pages would let memory grow by all that it read.
 */
function answerThroughCallbacks(client: pg.Client): void {
  // The driver's own overloads, of which Kysely and the pool use two.
  const given = client as unknown as { query: Query };
  const query: Query = given.query.bind(client);
  given.query = (config, values, answered) => {
    if (typeof values === 'function' || typeof answered === 'function') return query(config, values, answered);
    return new Promise((resolve, reject) => {
      query(config, values, (error, result) => (error ? reject(error) : resolve(result)));
    });
  };
}

async function openPglite(where: PgliteConfig['pglite'], observe?: StatementObserver): Promise<DatabaseHandle> {
  const { startPglite } = await import('./pglite.ts');
  if (!('dataDir' in where)) {
    const { snapshot, program } = 'snapshot' in where ? where : {};
    const pglite = await startPglite({
      ...(snapshot === undefined ? {} : { loadDataDir: snapshot }),
      ...(program === undefined ? {} : { pgliteWasmModule: program }),
    });
    return pgliteHandle(pglite, () => {}, observe);
  }
  mkdirSync(dirname(where.dataDir), { recursive: true });
  const unlock = await lockDirectory(where.dataDir);
  try {
    return pgliteHandle(await startPglite({ dataDir: where.dataDir }), unlock, observe);
  } catch (error) {
    unlock();
    throw error;
  }
}

function pgliteHandle(pglite: PGlite, unlock: () => void, observe?: StatementObserver): DatabaseHandle {
  // PGlite has one connection, and it ends with the process.
  const listen: DatabaseHandle['listen'] = async ({ channels }) => {
    const listening = Object.entries(channels).map(([channel, heard]) => pglite.listen(channel, heard));
    const unlisten = await Promise.all(listening);
    const close = async () => void (await Promise.all(unlisten.map((end) => end())));
    return { db: opened.db, lost: new AbortController().signal, close };
  };
  const opened = handle(new PGliteDialect({ pglite }), 'pglite', {
    observe,
    listen,
    prepare: onEngine(pglite),
    connections: () => ({ total: 1, idle: 0, waiting: 0 }),
    async end() {
      if (!pglite.closed) await pglite.close();
      unlock();
    },
    dump: () => pglite.dumpDataDir('none'),
  });
  return opened;
}

interface Engine extends Pick<DatabaseHandle, 'listen' | 'prepare' | 'connections' | 'dump'> {
  /** Ends the connections that the dialect left open. */
  end(): Promise<void>;
  readonly observe?: StatementObserver | undefined;
}

function handle(plain: Dialect, engine: DatabaseHandle['engine'], { end, observe, ...given }: Engine): DatabaseHandle {
  const dialect = observe === undefined ? plain : observedDialect(plain, observe);
  const opened = observe === undefined ? given : { ...given, prepare: observedPreparing(given.prepare, observe) };
  const db = new Kysely<DB>({ dialect });
  noteScope(db, null);
  notePreparing(db, opened.prepare);
  let closing: Promise<void> | undefined;
  return {
    ...opened,
    db,
    engine,
    forTenant(scope, admit) {
      const dialectOfTenant = scopedDialect({ dialect, engine, closed: () => closing !== undefined }, scope, admit);
      const scoped = new Kysely<DB>({ dialect: dialectOfTenant });
      noteScope(scoped, scope);
      return scoped;
    },
    async version() {
      const { rows } = await sql<{ server_version: string }>`show server_version`.execute(db);
      const version = rows[0]?.server_version.split(' ')[0];
      return engine === 'pglite' ? `PGlite (PostgreSQL ${version})` : `PostgreSQL ${version}`;
    },
    async ping(timeoutMs) {
      const ping = sql`select 1`.execute(db);
      ping.catch(() => {}); // a ping that fails after the deadline must not be an unhandled rejection
      const timer = AbortSignal.timeout(timeoutMs);
      const late = new Promise<never>((_, reject) => {
        timer.addEventListener('abort', () => reject(new Error(`no answer within ${timeoutMs} ms`)), { once: true });
      });
      try {
        await Promise.race([ping, late]);
      } catch (error) {
        throw new Error(`db-primary: ${safeMessage(error)}`);
      }
    },
    close() {
      closing ??= (async () => {
        await db.destroy();
        await end();
      })();
      return closing;
    },
  };
}
