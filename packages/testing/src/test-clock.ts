/** A clock that a test moves. */
import type { App, Clock } from '@tenant-registry/server/testing';

export interface TestClock {
  /** The current time of the registry. */
  now(): Date;
  /**
   * Moves the time forward, and resolves when all work that became due is done: ended trials are frozen, tenants that
   * were frozen for long are archived. The move is one step, so the effects of that work carry the new time.
   */
  advance(ms: number): Promise<void>;
}

/** Returns the clock for a registry, and a function that turns the started registry into its test's clock. */
export function testClock(base: Clock): { readonly now: Clock; readonly clockOf: (app: App) => TestClock } {
  let offsetMs = 0;
  const now = () => new Date(base().getTime() + offsetMs);
  const clockOf = ({ workers, deps }: App): TestClock => ({
    now,
    async advance(ms) {
      if (!(ms >= 0 && Number.isFinite(ms)))
        throw new TypeError('The time to advance must be milliseconds, 0 or more.');
      offsetMs += ms;
      const { signal } = new AbortController();
      for (const worker of workers) while ((await worker.runOnce(deps, signal)) > 0);
    },
  });
  return { now, clockOf };
}
