/** Remembers whose work was too costly. */
import type { Clock } from '../../../kernel/clock.ts';
import { kernelErrors } from '../../../kernel/errors.ts';

const COSTLY_MAX = 3;
const WINDOW_MS = 60_000;
const TENANTS_MAX = 10_000;

export interface CostlyTenants {
  /** Throws `rate_limited` for a tenant that had three too costly ones within a minute, until that minute is over. */
  check(tenantId: string): void;
  /** Counts one for the tenant. The minute begins with the first. */
  count(tenantId: string): void;
}

/** Makes a memory for this process. */
export function createCostlyTenants(clock: Clock): CostlyTenants {
  const windows = new Map<string, { readonly endsAt: number; count: number }>();
  const open = (tenantId: string) => {
    const window = windows.get(tenantId);
    return window !== undefined && window.endsAt > clock().getTime() ? window : undefined;
  };
  return {
    check(tenantId) {
      const window = open(tenantId);
      if (window === undefined || window.count < COSTLY_MAX) return;
      throw kernelErrors.rateLimited({
        detail:
          'Three checks of schemas or contents of your tenant took too much time or memory within a minute, so none is made before it is over: wait as long as Retry-After says.',
        retryAfter: Math.ceil((window.endsAt - clock().getTime()) / 1_000),
      });
    },
    count(tenantId) {
      const window = open(tenantId) ?? { endsAt: clock().getTime() + WINDOW_MS, count: 0 };
      window.count += 1;
      windows.set(tenantId, window);
      const [oldest] = windows.keys();
      if (windows.size > TENANTS_MAX && oldest !== undefined) windows.delete(oldest);
    },
  };
}
