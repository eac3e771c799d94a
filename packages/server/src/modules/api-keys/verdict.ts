/** May a proved key be used, now, for this? Decided from facts alone. */
import { hasPassed } from '../../kernel/clock.ts';
import { isActive, type Run } from '../entitlements/verdict.ts';
import type { TenantStatus } from '../tenants/schema.ts';
import type { RefusalCode } from './schema.ts';

export interface VerdictFacts {
  readonly revoked_at: string | null;
  readonly expires_at: string | null;
  readonly scopes: readonly string[];
  readonly tenant_status: TenantStatus;
  /** All that the tenant was given, running or not. */
  readonly entitlements: readonly (Run & { readonly product: string })[];
}

export interface VerdictQuestion {
  readonly scopes: readonly string[];
  readonly access: 'read' | 'write';
  /** A product that the tenant must be entitled to. */
  readonly product?: string | undefined;
}

/** Returns why the key is refused, or null when it may be used. The key's own state comes before the tenant's. */
export function refusalOf(facts: VerdictFacts, question: VerdictQuestion, now: Date): RefusalCode | null {
  if (facts.revoked_at !== null) return 'revoked';
  if (hasPassed(facts.expires_at, now)) return 'expired';
  if (facts.tenant_status === 'archived') return 'tenant_archived';
  if (facts.tenant_status === 'frozen' && question.access === 'write') return 'tenant_frozen';
  if (!question.scopes.every((scope) => facts.scopes.includes(scope))) return 'insufficient_scope';
  if (question.product === undefined) return null;
  const entitled = facts.entitlements.some((run) => run.product === question.product && isActive(run, now));
  return entitled ? null : 'not_entitled';
}
