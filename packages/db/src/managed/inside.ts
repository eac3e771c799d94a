/** Statements inside a managed database, sent as one of its own logins: whatever stands there runs with its rights alone. */
import { sql } from 'kysely';
import type { Db } from '../handles.ts';

/** Proves that the connection works and that its session acts as the role. Returns the extensions of the database. */
export async function findExtensions(db: Db): Promise<{ role: string; extensions: string[] }> {
  const { rows } = await sql<{ role: string; extensions: string[] }>`
    select current_user::text as role, array(select extname::text from pg_catalog.pg_extension) as extensions`.execute(
    db,
  );
  return rows[0] ?? { role: '', extensions: [] };
}

/** Makes the extension, with those it needs. */
export async function createExtension(db: Db, name: string): Promise<void> {
  await sql`create extension if not exists ${sql.id(name)} cascade`.execute(db);
}
