/** May a tenant use a product, at that moment? Decided from facts alone. */
import { hasPassed } from '../../kernel/clock.ts';
import type { TenantStatus } from '../tenants/schema.ts';
import type { EntitlementReason } from './schema.ts';

export interface Run {
  /** RFC 3339; the first moment. */
  readonly starts_at: string;
  /** RFC 3339; the first moment after it; null: never. */
  readonly ends_at: string | null;
}

export interface EntitlementFacts extends Run {
  readonly source: 'contract' | 'trial' | 'demo';
}

export function isOver({ ends_at }: Run, at: Date): boolean {
  return hasPassed(ends_at, at);
}

export function isActive(run: Run, at: Date): boolean {
  return new Date(run.starts_at) <= at && !isOver(run, at);
}

/** Returns `entitled`, or why not: the state of the tenant comes before the entitlement's own. */
export function reasonFor(
  status: TenantStatus,
  entitlement: EntitlementFacts | undefined,
  at: Date,
): EntitlementReason {
  if (status === 'archived') return 'tenant_archived';
  if (status === 'frozen') return 'tenant_frozen';
  if (entitlement === undefined) return 'not_entitled';
  if (isActive(entitlement, at)) return 'entitled';
  return entitlement.source === 'trial' && isOver(entitlement, at) ? 'trial_ended' : 'not_entitled';
}
