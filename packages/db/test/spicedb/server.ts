/** A PostgreSQL of its own for tests of the target `spicedb`, because its role belongs to the whole server. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, expect } from 'vitest';
import { openDatabase } from '../../src/database.ts';
import type { Db } from '../../src/handles.ts';
import { databaseUrl } from '../../src/testing/admin.ts';
import { startPostgres } from '../../src/testing/postgres.ts';

/** The database that the tests call their own; each test finds it new. */
export const DATABASE = 'a_spicedb';

/** Whatever can record a statement does. */
const RECORDING = {
  log_statement: 'all',
  log_min_duration_statement: '0',
  log_min_duration_sample: '0',
  log_statement_sample_rate: '1',
  log_transaction_sample_rate: '1',
  debug_print_parse: 'on',
  debug_print_rewritten: 'on',
  shared_preload_libraries: 'pg_stat_statements',
};

/** Starts a server that checks passwords by SCRAM and records every statement; it ends with the test file. */
export async function startSpicedbServer() {
  const folder = mkdtempSync(join(tmpdir(), 'tenant-registry-spicedb-'));
  const logFile = join(folder, 'log');
  const server = await startPostgres(RECORDING, process.env, { auth: 'scram-sha-256', logFile });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  const made = new Set<string>();

  /** Runs the work on one connection of the URL's user. */
  async function connected<T>(url: string, work: (db: Db) => Promise<T>): Promise<T> {
    const { db, close } = await openDatabase({ url, connectionsMax: 1, log: () => {} });
    return work(db).finally(close);
  }

  /** Runs the statements as a superuser, and resolves to the rows of the last one. */
  async function run<Row>(statements: readonly string[], database = DATABASE): Promise<Row[]> {
    return connected(databaseUrl(server.url, database), (db) => runAll<Row>(db, statements));
  }

  /** Resolves to the superuser's URL of a database, which is made when it is not there. */
  async function urlOf(database = DATABASE): Promise<string> {
    if (!made.has(database)) await run([`create database "${database}" template template0`], 'postgres');
    made.add(database);
    return databaseUrl(server.url, database);
  }

  function roleUrl(password: string, { user = 'spicedb', database = DATABASE } = {}): string {
    const url = new URL(databaseUrl(server.url, database));
    url.username = user;
    url.password = encodeURIComponent(password);
    return url.href;
  }

  return {
    url: server.url,
    superuserPassword: new URL(server.url).password,
    connected,
    run,
    urlOf,
    roleUrl,
    /** Resolves to `in`, or to the SQLSTATE with which the server refused the login. */
    logIn: (password: string, where?: { user?: string; database?: string }): Promise<string> =>
      connected(roleUrl(password, where), (db) => sql`select 1`.execute(db)).then(
        () => 'in',
        (error) => String(error.code),
      ),
    /** Resolves to everything that the server logged until now. */
    async log(): Promise<string> {
      const mark = randomUUID();
      await run([`select '${mark}'`], 'postgres');
      const text = () => readFileSync(logFile, 'utf8');
      await expect.poll(() => text().includes(mark)).toBe(true);
      return text();
    },
    /** Resolves to all roles, with their verifiers and settings, and the schemas of the database with their rights. */
    async catalogue(database = DATABASE): Promise<unknown> {
      return {
        roles: await run(['select a::text from pg_authid a order by oid'], database),
        members: await run(['select * from pg_auth_members order by oid'], database),
        settings: await run(['select * from pg_db_role_setting order by setdatabase, setrole'], database),
        schemas: await run(['select * from pg_namespace order by oid'], database),
        databases: await run(['select datname, datdba, datacl from pg_database order by oid'], database),
      };
    },
    /** Drops the databases that the test made, and the roles. */
    async clean(roles: readonly string[] = []): Promise<void> {
      for (const name of made) await run([`drop database if exists "${name}" with (force)`], 'postgres');
      made.clear();
      for (const name of ['spicedb', ...roles]) await run([`drop role if exists "${name}"`], 'postgres');
    },
  };
}

/** Runs the statements one after the other, and resolves to the rows of the last one. */
export async function runAll<Row>(db: Db, statements: readonly string[]): Promise<Row[]> {
  let rows: Row[] = [];
  for (const statement of statements) rows = (await sql.raw<Row>(statement).execute(db)).rows;
  return rows;
}
