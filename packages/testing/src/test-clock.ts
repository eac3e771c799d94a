/** A clock that a test moves. */
import type { App, Clock } from '@tenant-registry/server/testing';
import type { TestClock } from './clock.ts';

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
