/** How often each tenant may have something done within a window of time. */
import type { Clock } from './clock.ts';
import { kernelErrors } from './errors.ts';
import { createLru } from './lru.ts';

/** The tenants least recently seen are forgotten first. */
const TENANTS_MAX = 100_000;

export interface Allowance {
  /** Counts one time for the tenant. Throws `rate_limited` when the window has no further one, with the seconds that it lasts. */
  spend(tenantId: string): void;
  /** Counts one time for the tenant, and tells whether the window had one. */
  admits(tenantId: string): boolean;
}

export interface AllowanceOptions {
  readonly max: number;
  readonly windowMs: number;
  readonly clock: Clock;
  /** The sentence of a refusal. */
  readonly detail: string;
}

/** Makes an allowance that counts in this process. The window of a tenant begins with its first time. */
export function createAllowance({ max, windowMs, clock, detail }: AllowanceOptions): Allowance {
  const windows = createLru<{ readonly endsAt: number; count: number }>(TENANTS_MAX);
  const take = (tenantId: string): { readonly admitted: boolean; readonly leftMs: number } => {
    const now = clock().getTime();
    let window = windows.get(tenantId);
    if (window === undefined || window.endsAt <= now) {
      window = { endsAt: now + windowMs, count: 0 };
      windows.set(tenantId, window);
    }
    const admitted = window.count < max;
    if (admitted) window.count += 1;
    return { admitted, leftMs: window.endsAt - now };
  };
  return {
    spend(tenantId) {
      const { admitted, leftMs } = take(tenantId);
      if (!admitted) throw kernelErrors.rateLimited({ detail, retryAfter: Math.ceil(leftMs / 1000) });
    },
    admits: (tenantId) => take(tenantId).admitted,
  };
}
