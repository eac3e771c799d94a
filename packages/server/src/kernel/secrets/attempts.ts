/** How often a caller may fail: attempts are counted before they are made, so that many at once count too. */

import type { Clock } from '../clock.ts';
import { createLru } from '../lru.ts';

const SUBJECTS_MAX = 100_000;

export interface Attempts {
  /**
   * Makes an attempt at the subject and returns whether it succeeded; successes do not count. When too many have failed
   * within the window, only one attempt in `passMs` is made, so that a caller with the right secret comes through while
   * others guess; for all others `refuse` says what to throw, given the seconds until the next one is made.
   */
  attempt(subject: string, make: () => Promise<boolean>): Promise<boolean>;
}

export interface AttemptLimits {
  readonly failuresMax: number;
  readonly windowMs: number;
  readonly passMs: number;
  readonly clock: Clock;
  readonly refuse: (retryAfter: number) => Error;
}

interface Window {
  readonly endsAt: number;
  count: number;
  /** When the last attempt was made. */
  attemptedAt: number;
}

/** Makes a limiter that remembers at most 100,000 subjects, the least recently tried of which are forgotten first. */
export function createAttempts({ failuresMax, windowMs, passMs, clock, refuse }: AttemptLimits): Attempts {
  const windows = createLru<Window>(SUBJECTS_MAX);
  return {
    async attempt(subject, make) {
      const now = clock().getTime();
      let window = windows.get(subject);
      if (window === undefined || window.endsAt <= now) {
        window = { endsAt: now + windowMs, count: 0, attemptedAt: now };
        windows.set(subject, window);
      }
      const passesAt = window.attemptedAt + passMs;
      if (window.count >= failuresMax && now < passesAt) throw refuse(Math.ceil((passesAt - now) / 1000));
      window.count += 1;
      window.attemptedAt = now;
      let failed = false;
      try {
        failed = !(await make());
        return !failed;
      } finally {
        // An attempt that could not be made, or succeeded, was no failure. A subject without failures takes no place in memory.
        if (!failed) window.count -= 1;
        if (window.count === 0 && windows.get(subject) === window) windows.delete(subject);
      }
    },
  };
}
