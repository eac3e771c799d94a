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

/** Waits until no other connection holds the name, and holds it until the connection ends. */
export async function lockName(db: Db, name: string): Promise<void> {
  await sql`select pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended(${name}, 0))`.execute(db);
}
