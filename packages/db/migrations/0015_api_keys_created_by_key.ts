/**
 * The key that made a key, so that a revocation can also end the keys that the revoked one made. Null for a key that a
 * person or a static token made, and for keys from before this column. The composite foreign key keeps a maker inside
 * the tenant: no revocation follows it into another one. A maker that is deleted leaves its keys without a maker. The
 * foreign key also makes an insert hold the maker's row until its commit, so a revocation, which locks that row for
 * update, never misses a key that was being made. The unique constraint that the foreign key needs lists a tenant's
 * keys as well as the index of 0004 did, and replaces it.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table api_keys
      add column created_by_key_id uuid,
      add constraint api_keys_tenant_id_id_key unique (tenant_id, id)`.execute(db);
  await sql`
    alter table api_keys
      add constraint api_keys_tenant_id_created_by_key_id_fkey foreign key (tenant_id, created_by_key_id)
        references api_keys (tenant_id, id) on delete set null (created_by_key_id)`.execute(db);
  await sql`
    create index api_keys_tenant_id_created_by_key_id_idx on api_keys (tenant_id, created_by_key_id)
    where created_by_key_id is not null`.execute(db);
  await sql`drop index api_keys_tenant_id_id_idx`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`create index api_keys_tenant_id_id_idx on api_keys (tenant_id, id)`.execute(db);
  await sql`
    alter table api_keys
      drop constraint api_keys_tenant_id_created_by_key_id_fkey,
      drop column created_by_key_id,
      drop constraint api_keys_tenant_id_id_key`.execute(db);
}
