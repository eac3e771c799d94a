/** A PostgreSQL of its own for tests of the target `spicedb`, because its role belongs to the whole server. */
import { sql } from 'kysely';
import { afterAll } from 'vitest';
import { openDatabase } from '../../src/database.ts';
import type { Db } from '../../src/handles.ts';
import { databaseUrl } from '../../src/testing/admin.ts';
import { startEmbedded } from '../../src/testing/embedded.ts';
import { testSettings } from '../../src/testing/settings.ts';

export interface SpicedbServer {
  /** The superuser's URL of the database, made when it is new. */
  urlOf(database: string): Promise<string>;
  /** What the server has logged since its start: every statement. */
  log(): string;
  /** Runs statements as the user of the URL, on one connection. */
  as<T>(url: string, work: (db: Db) => Promise<T>): Promise<T>;
  /** Resolves to the rows of the statement, run by the superuser in the database. */
  rows<Row>(database: string, statement: string): Promise<Row[]>;
  /** Resolves to null when the role can log in with the password, else to the SQLSTATE of the refusal. */
  loginFailure(database: string, password: string): Promise<string | null>;
  /** Resolves to the names of all roles and of the schemas of the database. */
  catalogue(database: string): Promise<unknown>;
  /** Drops the databases that tests made, and the role. */
  clean(): Promise<void>;
}

/** Starts a server that checks passwords by SCRAM and logs every statement; it ends with the test file. */
export async function startSpicedbServer(): Promise<SpicedbServer> {
  let logged = '';
  const server = await startEmbedded(
    { ...testSettings, log_statement: 'all', log_connections: 'on' },
    { auth: 'scram-sha-256', log: (text) => void (logged += text) },
  );
  afterAll(() => server.stop());
  const made = new Set<string>();

  const as: SpicedbServer['as'] = async (url, work) => {
    const { db, close } = await openDatabase({ url, connectionsMax: 1, log: () => {} });
    return work(db).finally(close);
  };
  const rows = async <Row>(database: string, statement: string) =>
    as(databaseUrl(server.url, database), async (db) => (await sql.raw<Row>(statement).execute(db)).rows);

  return {
    as,
    rows,
    log: () => logged,
    async urlOf(database) {
      if (!made.has(database)) await rows('postgres', `create database "${database}"`);
      made.add(database);
      return databaseUrl(server.url, database);
    },
    async loginFailure(database, password) {
      const url = new URL(databaseUrl(server.url, database));
      url.username = 'spicedb';
      url.password = encodeURIComponent(password);
      return as(url.href, (db) => sql`select 1`.execute(db)).then(
        () => null,
        (error) => String(error.code),
      );
    },
    async catalogue(database) {
      const roles = await rows(database, 'select * from pg_roles order by oid');
      return { roles, schemas: await rows(database, 'select * from pg_namespace order by oid') };
    },
    async clean() {
      for (const name of made) await rows('postgres', `drop database if exists "${name}" with (force)`);
      made.clear();
      await rows('postgres', 'drop role if exists spicedb');
    },
  };
}
