/**
 * A creation counts what its tenant has in use, under a lock that other creations of the tenant wait for. Ended keys,
 * archived projects and deactivated configurations stay for ever: without indexes of their own, the ones in use would be
 * counted by reading all of them.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index api_keys_tenant_id_expires_at_idx on api_keys (tenant_id, expires_at)
    where revoked_at is null`.execute(db);
  await sql`
    create index tenant_projects_tenant_id_active_idx on tenant_projects (tenant_id)
    where status = 'active'`.execute(db);
  await sql`
    create index tenant_idp_config_tenant_id_in_use_idx on tenant_idp_config (tenant_id)
    where status <> 'deactivated'`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index tenant_idp_config_tenant_id_in_use_idx`.execute(db);
  await sql`drop index tenant_projects_tenant_id_active_idx`.execute(db);
  await sql`drop index api_keys_tenant_id_expires_at_idx`.execute(db);
}
