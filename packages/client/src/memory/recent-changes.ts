/** Remembers recent changes and tells which answers they may have outdated. Pure: the time is an argument. */

export interface RecentChanges {
  /**
   * Tells whether no change that the feed reported may have outdated an answer about this tenant that was asked for at
   * that time. For null the changes of every tenant count.
   */
  holds(tenantId: string | null, askedAt: number): boolean;
  /** Tells whether no tenant has changed since that time. */
  unchangedSince(askedAt: number): boolean;
  /** Notes a change of these tenants. Another replica may answer from before the change for `settleMs` more. */
  add(tenantIds: readonly string[], now: number, settleMs: number): void;
  /** Notes a change of any tenant. */
  addAll(now: number, settleMs: number): void;
}

/**
 * Forgets a change after `forMs`: answers from before it are no longer kept by then. A burst of changes of more than
 * `tenantsMax` tenants counts as a change of all tenants, which bounds the memory.
 */
export function createRecentChanges(forMs: number, tenantsMax: number): RecentChanges {
  /** The time from which on every replica answers from after the tenant's last change; the earliest change is first. */
  const settledAt = new Map<string, number>();
  let allSettledAt = Number.NEGATIVE_INFINITY;
  let lastSettledAt = Number.NEGATIVE_INFINITY;
  let changedAt = Number.NEGATIVE_INFINITY;
  const addAll = (now: number, settleMs: number) => {
    changedAt = now;
    lastSettledAt = now + settleMs;
    allSettledAt = lastSettledAt;
    settledAt.clear();
  };
  return {
    holds(tenantId, askedAt) {
      if (tenantId === null) return askedAt > lastSettledAt;
      return askedAt > Math.max(allSettledAt, settledAt.get(tenantId) ?? Number.NEGATIVE_INFINITY);
    },
    unchangedSince: (askedAt) => askedAt > changedAt,
    add(tenantIds, now, settleMs) {
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
      if (settledAt.size > tenantsMax) addAll(now, settleMs);
    },
    addAll,
  };
}
