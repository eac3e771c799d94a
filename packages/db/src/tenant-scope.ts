/**
 * Handles that reach one tenant. Role and tenant are set inside the transaction and end with it, so a connection
 * returns to the pool, or to that of PgBouncer, as it came. No statement reaches the server outside such a transaction.
 */
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  sql,
  type TransactionSettings,
} from 'kysely';
import type { Tx } from './handles.ts';
import { PREPARE } from './prepared.ts';
import { enterStatement, type Ids, withScope } from './scoped-query.ts';

export interface TenantScope {
  readonly tenant_id: string;
  /**
   * Confines the scope to the rows of this project, in tables whose rows belong to projects; null reaches the whole
   * tenant.
   */
  readonly project_id: string | null;
}

const scopes = new WeakMap<object, TenantScope | null>();

/** Notes what a handle shows; null: everything. */
export function noteScope(handle: object, scope: TenantScope | null): void {
  scopes.set(handle, scope);
}

/**
 * Returns what the handle shows, so that others with the same scope can share its work; null: everything. Throws for a
 * transaction, and for whatever else is not as `openDatabase` and `forTenant` return it.
 */
export function scopeOf(handle: object): TenantScope | null {
  const scope = scopes.get(handle);
  if (scope === undefined) throw new TypeError('only a handle as it was opened has a scope');
  return scope;
}

/**
 * Asks for the right to take a connection. Resolves with a function that is called when the connection is free again; when
 * it rejects, no connection is taken and the statement fails with that error.
 */
export type Admit = () => Promise<() => void>;

/** Ends the tenant's scope for the rest of the transaction, so that rows of no tenant can commit with it. */
export async function leaveTenant(tx: Tx): Promise<void> {
  await sql`select set_config('role', 'none', true)`.execute(tx);
}

/**
 * Runs the work on the whole tenant where the transaction sees one project of it, and then limits it again: a key that is
 * bound to a project must not count the keys of that project alone.
 */
export async function acrossProjects<T>(tx: Tx, work: () => Promise<T>): Promise<T> {
  const { rows } = await sql<{ project_id: string }>`
    select coalesce(current_setting('app.project_id', true), '') as project_id`.execute(tx);
  const limitTo = (projectId: string) => sql`select set_config('app.project_id', ${projectId}, true)`.execute(tx);
  await limitTo('');
  const result = await work();
  await limitTo(rows[0]?.project_id ?? '');
  return result;
}

/** The database that a scope confines. */
interface Base {
  readonly dialect: Dialect;
  readonly engine: 'postgres' | 'pglite';
  closed(): boolean;
}

const atOnce: Admit = async () => () => {};

/** Returns the dialect with every statement scoped to the tenant. Throws for ids that are no UUIDs. */
export function scopedDialect(base: Base, scope: TenantScope, admit: Admit = atOnce): Dialect {
  const { dialect, engine } = base;
  const ids = idsOf(scope);
  const entering: Entering =
    engine === 'postgres'
      ? { begin: beginWith(enterStatement(ids)), along: (statement) => withScope(ids, statement) }
      : { begin: beginThen(enterStatement(ids)) };
  return {
    createAdapter: () => dialect.createAdapter(),
    createDriver: () => scopedDriver(dialect.createDriver(), entering, { closed: base.closed, admit }),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Throws for what is no UUID: the ids become a part of texts. */
function idsOf({ tenant_id, project_id }: TenantScope): Ids {
  if (!UUID.test(tenant_id)) throw new TypeError('a tenant scope needs the UUID of a tenant');
  if (project_id !== null && !UUID.test(project_id)) throw new TypeError('a tenant scope needs the UUID of a project');
  return { tenant_id, project_id: project_id ?? '' };
}

interface Entering {
  readonly begin: Begin;
  /** Returns the text of a statement that takes the scope along, in a transaction of its own; absent: it begins one first. */
  readonly along?: (statement: string) => string;
}

type Begin = (driver: Driver, connection: DatabaseConnection, settings: TransactionSettings) => Promise<void>;

/** Begins the transaction and enters the scope in one round trip. */
function beginWith(enter: string): Begin {
  return async (_, connection, { isolationLevel, accessMode }) => {
    const begin = ['begin', isolationLevel && `isolation level ${isolationLevel}`, accessMode]
      .filter(Boolean)
      .join(' ');
    await connection.executeQuery(CompiledQuery.raw(`${begin}; ${enter}`));
  };
}

/** Begins one of PGlite's own exclusive transactions, and then enters the scope: there is no round trip to save. */
function beginThen(enter: string): Begin {
  return async (driver, connection, settings) => {
    await driver.beginTransaction(connection, settings);
    await connection.executeQuery(CompiledQuery.raw(enter));
  };
}

interface Session {
  readonly connection: DatabaseConnection;
  /** Tells that the connection is free again. */
  readonly leave: () => void;
  /** True inside a transaction that the caller opened. */
  inTransaction: boolean;
  /** True after the release: a caller that kept the connection would write into the transaction of its next user. */
  released: boolean;
  /** The statement that runs now: two at once on one connection must not share, or end, each other's transaction. */
  last: Promise<unknown>;
}

interface Transactions {
  begin(session: Session, settings: TransactionSettings): Promise<void>;
  /** Runs the query in a transaction of its own. */
  alone(session: Session, query: CompiledQuery): Promise<QueryResult<unknown>>;
}

/** Makes transactions that begin with the scope; a failure leaves no transaction open. */
function transactionsOf(driver: Driver, { begin, along }: Entering): Transactions {
  async function orAbandon<T>(session: Session, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await driver.rollbackTransaction(session.connection).catch(() => {});
      throw error;
    }
  }
  return {
    begin: (session, settings) => orAbandon(session, () => begin(driver, session.connection, settings)),
    alone: async (session, query) => {
      if (along !== undefined) return session.connection.executeQuery({ ...query, sql: along(query.sql) });
      return orAbandon(session, async () => {
        await begin(driver, session.connection, {});
        const result = await session.connection.executeQuery(query);
        await driver.commitTransaction(session.connection);
        return result;
      });
    },
  };
}

function scopedConnection(session: Session, { alone }: Transactions): DatabaseConnection {
  return {
    async executeQuery<R>(asked: CompiledQuery) {
      if (session.released) throw givenBack();
      const query = preparedApart(asked);
      // The row type is the caller's claim, here as in every driver.
      if (session.inTransaction) return session.connection.executeQuery(query) as Promise<QueryResult<R>>;
      return inTurn(session, () => alone(session, query)) as Promise<QueryResult<R>>;
    },
    // biome-ignore lint/correctness/useYield: it refuses, as the drivers here do without a cursor
    async *streamQuery() {
      throw new Error('a tenant-scoped handle does not stream');
    },
  };
}

/**
 * Gives a marked statement a name of its own inside of scopes: a plan depends on row-level security, and the server would
 * plan one name anew each time that the role of its connection is another one.
 */
function preparedApart(query: CompiledQuery): CompiledQuery {
  if (!query.sql.startsWith(PREPARE)) return query;
  return { ...query, sql: `${PREPARE}tenant_${query.sql.slice(PREPARE.length)}` };
}

const givenBack = () => new Error('this connection has returned to the pool');

interface Access {
  closed(): boolean;
  readonly admit: Admit;
}

function scopedDriver(driver: Driver, entering: Entering, { closed, admit }: Access): Driver {
  const transactions = transactionsOf(driver, entering);
  const sessions = new WeakMap<DatabaseConnection, Session>();
  const sessionOf = (connection: DatabaseConnection): Session => {
    const session = sessions.get(connection);
    if (session === undefined || session.released) throw givenBack();
    return session;
  };
  return {
    init: (options) => driver.init(options),
    async acquireConnection(options) {
      const leave = await admit();
      const session = {
        connection: await orLeave(leave, () => {
          // Kysely's driver for PGlite would wait for ever for a transaction of a closed engine.
          if (closed()) throw new Error('the database is closed');
          return driver.acquireConnection(options);
        }),
        leave,
        inTransaction: false,
        released: false,
        last: Promise.resolve(),
      };
      const connection = scopedConnection(session, transactions);
      sessions.set(connection, session);
      return connection;
    },
    async beginTransaction(connection, settings) {
      const session = sessionOf(connection);
      await inTurn(session, async () => {
        await transactions.begin(session, settings);
        session.inTransaction = true;
      });
    },
    commitTransaction: async (connection) => end(sessionOf(connection), (own) => driver.commitTransaction(own)),
    rollbackTransaction: async (connection) => end(sessionOf(connection), (own) => driver.rollbackTransaction(own)),
    savepoint: async (connection, name, compile) => driver.savepoint?.(sessionOf(connection).connection, name, compile),
    rollbackToSavepoint: async (connection, name, compile) =>
      driver.rollbackToSavepoint?.(sessionOf(connection).connection, name, compile),
    releaseSavepoint: async (connection, name, compile) =>
      driver.releaseSavepoint?.(sessionOf(connection).connection, name, compile),
    async releaseConnection(connection, options) {
      const session = sessionOf(connection);
      session.released = true;
      try {
        await session.last;
        await driver.releaseConnection(session.connection, options);
      } finally {
        session.leave();
      }
    },
    /** The handle that owns the pool closes it. */
    async destroy() {},
  };
}

async function orLeave<T>(leave: () => void, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    leave();
    throw error;
  }
}

async function end(session: Session, how: (connection: DatabaseConnection) => Promise<void>): Promise<void> {
  session.inTransaction = false;
  await inTurn(session, () => how(session.connection));
}

/** Runs the work when the session's previous work has ended. */
function inTurn<T>(session: Session, work: () => Promise<T>): Promise<T> {
  const turn = session.last.then(work);
  session.last = turn.catch(() => {});
  return turn;
}
