/** Limits, told from the tables that enforce them. */
import { BODY_BYTES_MAX } from '../../kernel/bounds.ts';
import { BYTES_PER_UNIT } from '../../kernel/budgets.ts';
import type { ActorContext } from '../../kernel/context.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { LIMIT_DEFAULT, LIMIT_MAX, PAGE_BYTES_MAX } from '../../kernel/pagination.ts';
import { spanOf } from '../../kernel/reach.ts';
import { BULK_BYTES_MAX, EVENTS_MAX } from '../audit/schema.ts';
import { readableTenant, wholeTenant } from '../tenants/service.ts';
import type { GetLimits, Limits } from './schema.ts';

/** The limits of the caller, and of its tenant or the one that it names. Throws `not_found`, `tenant_archived`. */
export async function getLimits(ctx: ActorContext, asked: GetLimits): Promise<Limits> {
  const tenantId = await tenantOf(ctx, asked);
  return {
    tenant_id: tenantId,
    quotas: await quotasOf(ctx, tenantId),
    budgets: ctx.budgets.standings({ principal: ctx.actor.principal, tenant_id: tenantId }),
    cost_bytes_per_unit: BYTES_PER_UNIT,
    page_items_default: LIMIT_DEFAULT,
    page_items_max: LIMIT_MAX,
    page_bytes_max: PAGE_BYTES_MAX,
    body_bytes_max: BODY_BYTES_MAX,
    audit_bulk_bytes_max: BULK_BYTES_MAX,
    audit_bulk_events_max: EVENTS_MAX,
  };
}

/** Without a tenant and without a role a person belongs to nothing, the platform included, and may name no tenant. */
async function tenantOf(ctx: ActorContext, asked: GetLimits): Promise<string | null> {
  const { tenant_id = null } = spanOf(ctx, asked);
  if (tenant_id === null) return null;
  if (ctx.actor.tenant_id === null && ctx.actor.roles.length === 0) throw kernelErrors.notFound();
  return (await readableTenant(ctx, tenant_id)).id;
}

/** Counted on all that the tenant has, also for a key that is bound to a project: the numbers decide what it may make. */
async function quotasOf(ctx: ActorContext, tenantId: string | null): Promise<Limits['quotas']> {
  const standings: Limits['quotas'] = [];
  // One after the other: a request takes one connection at a time.
  for (const { name, limit, used } of ctx.quotas.list()) {
    const count = tenantId === null ? null : await used(wholeTenant(ctx, tenantId), tenantId, ctx.clock());
    standings.push({ quota: name, limit: limit === 0 ? null : limit, used: count });
  }
  return standings;
}
