/** Which products a tenant may use. */
import type { Insertable } from 'kysely';
import type { Tx } from '../database.ts';
import type { TenantProducts } from '../schema.ts';
import { json } from '../types.ts';

export type NewEntitlement = Omit<Insertable<TenantProducts>, 'config'> & { config?: Record<string, unknown> };

export async function insertEntitlement(tx: Tx, { config = {}, ...entitlement }: NewEntitlement): Promise<void> {
  await tx
    .insertInto('tenant_products')
    .values({ ...entitlement, config: json(config) })
    .execute();
}
