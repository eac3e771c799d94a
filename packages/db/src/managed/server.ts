/** The managed server itself: what it is, and what the administrator may do there. */
import { sql } from 'kysely';
import type { Db } from '../handles.ts';

export interface ManagedServer {
  /** As `server_version_num`: 160014. */
  readonly version: number;
  readonly admin: string;
  readonly superuser: boolean;
  readonly createdb: boolean;
  readonly createrole: boolean;
  /** The server only follows another one, so nothing can be written. */
  readonly standby: boolean;
}

/** Reads what the server is and what the user of the connection may do. */
export async function findServer(db: Db): Promise<ManagedServer | undefined> {
  const { rows } = await sql<ManagedServer>`
    select
      current_setting('server_version_num')::int as version, rolname as admin, rolsuper as superuser,
      rolcreatedb or rolsuper as createdb, rolcreaterole or rolsuper as createrole, pg_is_in_recovery() as standby
    from pg_catalog.pg_roles where rolname = current_user`.execute(db);
  return rows[0];
}

/**
 * Resolves to what tells the server, and copies of its files, from every other one; null where the user may not know it.
 */
export async function findServerId(db: Db): Promise<string | null> {
  try {
    const { rows } = await sql<{ id: string }>`
      select system_identifier::text as id from pg_catalog.pg_control_system()`.execute(db);
    return rows[0]?.id ?? null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '42501') return null;
    throw error;
  }
}

/**
 * Lets the connection find the functions and operators of PostgreSQL alone: where clients may make some in the
 * administrator's own database, a call of one that fits better would run theirs with the rights of the administrator.
 */
export async function trustCatalogOnly(db: Db): Promise<void> {
  await sql`select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false)`.execute(db);
}

/** Waits until no other connection holds the name, and holds it until the connection ends. */
export async function lockName(db: Db, name: string): Promise<void> {
  await sql`select pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended(${name}, 0))`.execute(db);
}
