/**
 * The audit log of a tenant, filtered by who vouches for a row, reads its page from an index in the order of the page,
 * like every other filter (0007). The index on the tenant alone finds those rows too, but passes over all others, and
 * either origin may be rare in a tenant. Rows of no tenant are left out: only the platform reads them, and rarely by this.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index audit_log_tenant_id_origin_created_at_id_idx
    on audit_log (tenant_id, origin, created_at desc, id desc) where tenant_id is not null`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index audit_log_tenant_id_origin_created_at_id_idx`.execute(db);
}
