/**
 * A project's keys are listed in the order of their ids, and go with the project: without an index both read all keys
 * of the tenant, or of all tenants.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index api_keys_tenant_id_project_id_id_idx on api_keys (tenant_id, project_id, id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index api_keys_tenant_id_project_id_id_idx`.execute(db);
}
