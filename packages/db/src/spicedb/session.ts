/** One connection and one transaction for whatever the target `spicedb` does. */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { openDatabase } from '../database.ts';
import type { Db, Tx } from '../handles.ts';
import { checkSpicedbTarget } from './checks.ts';
import { asSpicedbError, SpicedbError } from './errors.ts';
import { SPICEDB_ROLE } from './names.ts';

/** It waits no longer for another call: each takes less than a second, and one whose process was lost ends by then. */
const STATEMENT_MS_MAX = 60_000;

export interface SessionOptions {
  readonly url: string;
  /** Texts that no error may show. */
  readonly secrets: readonly string[];
  /** Whether the work changes anything. */
  readonly writes: boolean;
}

/**
 * Runs the work in a transaction, which a thrown error takes back: all of it is there afterwards, or nothing. Calls that
 * write wait for each other, on all databases of the server. Throws `SpicedbError`: `wrong_target` where the URL leads to
 * a database of another name, `superuser_needed`, what the work throws, or `failed`.
 */
export async function inSession<T>({ url, secrets, writes }: SessionOptions, work: (tx: Tx) => Promise<T>): Promise<T> {
  const { db, close } = await openDatabase({
    url,
    connectionsMax: 1,
    statementTimeoutMs: STATEMENT_MS_MAX,
    applicationName: 'tenant-registry-migrate',
    log: () => {}, // the statement that needs the lost connection fails, and says so
  });
  try {
    return await db.connection().execute(async (connection) => {
      await leaveSamples(connection);
      return begin(connection, writes).execute(async (tx) => {
        // Functions and operators are PostgreSQL's own, whatever others have made in this database.
        await sql`set local search_path = pg_catalog, pg_temp`.execute(tx);
        await requireTarget(tx, writes);
        if (writes) await lockRoles(tx);
        return work(tx);
      });
    });
  } catch (error) {
    throw asSpicedbError(error, secrets);
  } finally {
    await close();
  }
}

/**
 * The database may have another isolation as its default. Whoever writes must see what the call before it did, and whoever
 * reads must read the books only as they were when their owner was looked at.
 */
function begin(db: Db, writes: boolean) {
  if (writes) return db.transaction().setIsolationLevel('read committed');
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
}

/** Whether a transaction is one of the samples that are logged is decided at its begin. Only a superuser may say no. */
async function leaveSamples(db: Db): Promise<void> {
  await sql`
    select pg_catalog.set_config('log_transaction_sample_rate', '0', false)
    where pg_catalog.current_setting('is_superuser') operator(pg_catalog.=) 'on'`.execute(db);
}

/** A pooler knows databases by names of its own, so the database is asked for its name. */
async function requireTarget(tx: Tx, writes: boolean): Promise<void> {
  const { rows } = await sql<{ database: string; role: string; superuser: boolean }>`
    select current_database() as database, rolname as role, rolsuper as superuser from pg_roles
    where rolname = current_user`.execute(tx);
  const [found] = rows;
  checkSpicedbTarget(found?.database ?? '');
  if (writes && !found?.superuser) {
    throw new SpicedbError('superuser_needed', `${found?.role} is no superuser, and only one can make the role`);
  }
}

/** The role belongs to the server and advisory locks to a database: this lock holds for all databases. Readers pass it. */
async function lockRoles(tx: Tx): Promise<void> {
  await sql`lock table pg_authid in share update exclusive mode`.execute(tx);
}

/** Tells whether the server lets the role in with a password that it does not have (`trust` in pg_hba.conf). */
export async function acceptsAnyPassword(url: string): Promise<boolean> {
  // The last value of a parameter counts, and it goes before what stands in front of the host.
  const credential = `user=${SPICEDB_ROLE}&password=${randomBytes(16).toString('hex')}`;
  return logIn(`${url}${url.includes('?') ? '&' : '?'}${credential}`).then(
    (role) => role === SPICEDB_ROLE,
    () => false,
  );
}

async function logIn(url: string): Promise<string | undefined> {
  const { db, close } = await openDatabase({ url, connectionsMax: 1, log: () => {} });
  const select = sql<{ role: string }>`select current_user as role`.execute(db);
  const { rows } = await select.finally(close);
  return rows[0]?.role;
}
