/** When what is asked has an answer of after the last change. Pure: the time is an argument. */
import type { ApiKeyVerdict } from '../types.ts';

export interface Settling {
  /** Whether a verdict on what was asked then still holds, as far as changes have been told. */
  holds(verdict: ApiKeyVerdict, askedAt: number): boolean;
  /** Whether nothing at all has changed since. */
  unchangedSince(askedAt: number): boolean;
  /** These tenants changed; what is asked within `settleMs` may still be answered as before. */
  change(tenantIds: readonly string[], now: number, settleMs: number): void;
  /** The same for all tenants. */
  reset(now: number, settleMs: number): void;
}

/** Remembers changes for `forMs`, after which older verdicts are of no use anyway; of `tenantsMax` tenants, else of all. */
export function createSettling(forMs: number, tenantsMax: number): Settling {
  /** From when on a question about the tenant is answered as after its last change, the earliest change first. */
  const settledAt = new Map<string, number>();
  let allSettledAt = Number.NEGATIVE_INFINITY;
  let lastSettledAt = Number.NEGATIVE_INFINITY;
  let changedAt = Number.NEGATIVE_INFINITY;
  const reset = (now: number, settleMs: number) => {
    changedAt = now;
    lastSettledAt = now + settleMs;
    allSettledAt = lastSettledAt;
    settledAt.clear();
  };
  return {
    holds(verdict, askedAt) {
      // A refusal names no tenant.
      if (!verdict.valid) return askedAt > lastSettledAt;
      return askedAt > Math.max(allSettledAt, settledAt.get(verdict.tenant_id) ?? Number.NEGATIVE_INFINITY);
    },
    unchangedSince: (askedAt) => askedAt > changedAt,
    change(tenantIds, now, settleMs) {
      changedAt = now;
      lastSettledAt = now + settleMs;
      for (const tenantId of tenantIds) {
        settledAt.delete(tenantId);
        settledAt.set(tenantId, lastSettledAt);
      }
      for (const [tenantId, settled] of settledAt) {
        if (settled >= now - forMs) break;
        settledAt.delete(tenantId);
      }
      if (settledAt.size > tenantsMax) reset(now, settleMs);
    },
    reset,
  };
}
