/**
 * Reads from the environment which database the commands of this package open. The server has its own config reader.
 */
import { join } from 'node:path';
import type { DatabaseConfig } from './database-config.ts';

/** The variables of a process. */
export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Takes `DATABASE_DIRECT_URL` (the lock of migrations belongs to a session, which a pooler does not keep), or
 * `DATABASE_URL`, or the embedded engine's directory inside `DATA_DIR`. Throws when APP_ENV=prod names no database.
 */
export function databaseConfigFromEnv(env: Env): DatabaseConfig {
  const url = env['DATABASE_DIRECT_URL'] || env['DATABASE_URL'];
  if (url) return { url, applicationName: 'tenant-registry-migrate', statementTimeoutMs: 0 };
  if (env['APP_ENV'] === 'prod') throw new Error('DATABASE_URL is empty: the embedded engine is not for production');
  return { pglite: { dataDir: embeddedDirectory(env['DATA_DIR'] || '.data') } };
}

/** Returns the folder in which the embedded engine keeps its files inside the data directory. */
export function embeddedDirectory(dataDir: string): string {
  return join(dataDir, 'pglite');
}

/**
 * Returns `SPICEDB_DATABASE_URL`, or `DATABASE_URL`: never the direct URL, which names the registry's own database, and never
 * the embedded engine, which has no logins. Throws when both are empty.
 */
export function spicedbUrlFromEnv(env: Env): string {
  const url = env['SPICEDB_DATABASE_URL'] || env['DATABASE_URL'];
  if (url) return url;
  throw new Error("SPICEDB_DATABASE_URL is empty, and so is DATABASE_URL: SpiceDB's database is on PostgreSQL");
}
