/** The one tenant that a first look needs: acme, active, with every product of the catalog. Only for an empty embedded database. */
import { entitlements, tenants } from '@tenant-registry/db';
import { systemActor } from './kernel/actor.ts';
import { type ActorContext, type Dependencies, noRequest } from './kernel/context.ts';
import { FIRST_TENANT } from './kernel/first-tenant.ts';
import { transact } from './kernel/transact.ts';
import { entitlementEvents } from './modules/entitlements/schema.ts';
import { tenantEvents } from './modules/tenants/schema.ts';

/** Creates acme unless any tenant exists. */
export async function seed(deps: Dependencies): Promise<void> {
  const [any] = await tenants.listTenants(deps.db, {}, { limit: 1 });
  if (any !== undefined) return;
  const ctx: ActorContext = {
    ...deps,
    ...noRequest,
    root: deps.db,
    actor: systemActor('first-start'),
    requestId: 'seed',
  };
  await transact(ctx, async (tx, record) => {
    const row = await tenants.insertTenant(tx, {
      ...FIRST_TENANT,
      status: 'active',
      kind: 'customer',
      plan: 'professional',
      created_at: deps.clock(),
    });
    await record(tenantEvents.created, row);
    for (const product of deps.catalog.keys()) {
      const entitlement = { tenant_id: FIRST_TENANT.id, product, source: 'contract' as const, starts_at: deps.clock() };
      await record(entitlementEvents.granted, await entitlements.insertEntitlement(tx, entitlement));
    }
  });
}
