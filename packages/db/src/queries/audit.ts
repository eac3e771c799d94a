/** The audit log: rows are added and read, nothing else exists. */
import { type Insertable, sql } from 'kysely';
import type { Tx } from '../database.ts';
import type { AuditLog } from '../schema.ts';
import { json } from '../types.ts';

export type NewAuditEvent = Omit<Insertable<AuditLog>, 'metadata' | 'tenant_slug'> & {
  metadata: Record<string, unknown>;
};

/** Appends one row. The tenant's slug is copied from the tenant as it is at this moment. */
export async function appendAuditEvent(tx: Tx, { metadata, ...event }: NewAuditEvent): Promise<void> {
  const tenantSlug = sql<string | null>`(select slug from tenants where id = ${event.tenant_id ?? null}::uuid)`;
  await tx
    .insertInto('audit_log')
    .values({ ...event, metadata: json(metadata), tenant_slug: tenantSlug })
    .execute();
}
