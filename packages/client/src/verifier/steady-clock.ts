/** Time that only goes forward. */

/** More than any clock is set by at once while it is merely kept right. */
const JUMP_MS_MIN = 1_000;

/**
 * Returns a clock, in milliseconds, for how old things are. The system's monotonic clock stands still while a machine
 * sleeps; so, when the time of day has jumped ahead of it, that time counts as passed.
 */
export function steadyClock(
  monotonic: () => number = () => performance.now(),
  timeOfDay: () => number = Date.now,
): () => number {
  let aheadMs = 0;
  let offset = timeOfDay() - monotonic();
  return () => {
    const now = monotonic();
    const jumpMs = timeOfDay() - now - offset;
    if (Math.abs(jumpMs) >= JUMP_MS_MIN) {
      aheadMs += Math.max(0, jumpMs);
      offset += jumpMs;
    }
    return now + aheadMs;
  };
}
