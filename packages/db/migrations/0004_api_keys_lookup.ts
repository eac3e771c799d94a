/**
 * Verification must find revoked keys too: only a caller that proves it holds the secret may learn that its key was
 * revoked, and an unknown prefix must cost one indexed read. The list of a tenant's keys pages by id.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index api_keys_prefix_any_idx on api_keys (prefix)`.execute(db);
  await sql`create index api_keys_tenant_id_id_idx on api_keys (tenant_id, id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index api_keys_tenant_id_id_idx`.execute(db);
  await sql`drop index api_keys_prefix_any_idx`.execute(db);
}
