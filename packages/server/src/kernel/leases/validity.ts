/** Decides how long a lease may be relied on. Pure: both clocks are given. */
import type { Clock } from '../clock.ts';

/** One moment by both clocks: the steady one stands still while a machine sleeps, the other one jumps. */
export interface Moment {
  readonly steady: number;
  readonly wall: number;
}

export interface LeaseValidity {
  /** The moment before a question is sent: what the answer proves was so at that time at the earliest. */
  moment(): Moment;
  /** The lease holds from that moment on for its time, by both clocks. It never gets shorter by this. */
  extend(asked: Moment): void;
  end(): void;
  holds(): boolean;
}

/**
 * The share of a lease that its holder uses. Whoever waits for its end measures the whole: so the clock of the one may
 * be slower than that of the other by a tenth.
 */
const USED = 0.9;

/** Makes one that does not hold. `steadyMs` is monotonic, in milliseconds. */
export function createLeaseValidity(leaseMs: number, clock: Clock, steadyMs: () => number): LeaseValidity {
  const usedMs = leaseMs * USED;
  let since: Moment | null = null;
  const moment = () => ({ steady: steadyMs(), wall: clock().getTime() });
  return {
    moment,
    extend(asked) {
      if (since === null || asked.steady > since.steady) since = asked;
    },
    end() {
      since = null;
    },
    holds() {
      if (since === null) return false;
      const { steady, wall } = moment();
      return steady - since.steady < usedMs && wall - since.wall < usedMs;
    },
  };
}
