/** Creating and dropping whole PostgreSQL databases. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type RawBuilder, sql } from 'kysely';
import { openDatabase } from '../database.ts';
import type { Db } from '../handles.ts';

const attemptsMax = 50;
const retryDelayMs = 100;

/** Resolves to the name of a new database: a clone of `template`, or empty without one. The name begins with `prefix`. */
export async function createDatabase(
  adminUrl: string,
  { prefix, template = 'template0' }: { prefix: string; template?: string },
): Promise<string> {
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  const statement = sql`create database ${sql.id(name)} template ${sql.id(template)}`;
  await withAdmin(adminUrl, (db) => untilTemplateIsFree(db, statement));
  return name;
}

/** Drops the database if it exists, together with the connections that are left to it. */
export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  await withAdmin(adminUrl, (db) => sql`drop database if exists ${sql.id(name)} with (force)`.execute(db));
}

/** Drops every database whose name begins with the prefix. */
export async function dropDatabases(adminUrl: string, prefix: string): Promise<void> {
  const { rows } = await withAdmin(adminUrl, (db) =>
    sql<{ datname: string }>`select datname from pg_database where starts_with(datname, ${`${prefix}_`})`.execute(db),
  );
  for (const { datname } of rows) await dropDatabase(adminUrl, datname);
}

/** Tells whether the server has the role. */
export async function roleExists(adminUrl: string, role: string): Promise<boolean> {
  const { rows } = await withAdmin(adminUrl, (db) => sql`select 1 from pg_roles where rolname = ${role}`.execute(db));
  return rows.length > 0;
}

/** Drops the role, unless an object that another client made depends on it (SQLSTATE 2BP01). */
export async function dropUnusedRole(adminUrl: string, role: string): Promise<void> {
  try {
    await withAdmin(adminUrl, (db) => sql`drop role if exists ${sql.id(role)}`.execute(db));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === '2BP01')) throw error;
  }
}

/** Resolves to the version of the server, without the addition of a packager: `16.14`. */
export async function serverVersion(adminUrl: string): Promise<string> {
  const { rows } = await withAdmin(adminUrl, (db) => sql<{ server_version: string }>`show server_version`.execute(db));
  return rows[0]?.server_version.split(' ')[0] ?? 'unknown';
}

/** Returns the URL with another database in it. */
export function databaseUrl(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

/** Forbids connections to the database, so that clones never wait for a client that looks at the template. */
export async function sealTemplate(adminUrl: string, name: string): Promise<void> {
  await withAdmin(adminUrl, (db) => sql`alter database ${sql.id(name)} with allow_connections false`.execute(db));
}

async function withAdmin<T>(url: string, work: (db: Db) => Promise<T>): Promise<T> {
  // A database is dropped when its last connection has ended, which takes as long as the machine is busy.
  const waits = { connectTimeoutMs: 60_000, statementTimeoutMs: 0 };
  const admin = await openDatabase({ url, connectionsMax: 1, ...waits, applicationName: 'tests' });
  try {
    return await work(admin.db);
  } finally {
    await admin.close();
  }
}

/**
 * Repeats the statement while the template has a connection, which may be one of autovacuum: until then PostgreSQL
 * refuses to copy it (SQLSTATE 55006).
 */
async function untilTemplateIsFree(db: Db, statement: RawBuilder<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await statement.execute(db);
      return;
    } catch (error) {
      const inUse = error instanceof Error && 'code' in error && error.code === '55006';
      if (!inUse || attempt === attemptsMax) throw error;
      await delay(retryDelayMs);
    }
  }
}
