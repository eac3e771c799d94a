/** Time that a test moves. */
import type { App, Clock } from '@tenant-registry/server/testing';

export interface TestClock {
  /** What the registry takes for now. */
  now(): Date;
  /**
   * Moves the time on, and resolves when everything that was due has been done: ended trials are frozen, tenants that
   * were frozen for long are archived. It is one step: what happens because of it counts from the new time.
   */
  advance(ms: number): Promise<void>;
}

/** Returns the clock for a registry, and the one that its test gets once the registry is there. */
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
