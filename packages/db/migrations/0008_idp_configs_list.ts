/** The list of a tenant's SSO configurations pages by id over all of its history, not only the active rows. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index tenant_idp_config_tenant_id_id_idx on tenant_idp_config (tenant_id, id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index tenant_idp_config_tenant_id_id_idx`.execute(db);
}
