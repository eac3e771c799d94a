/** A clock that never runs backwards. */

/** A larger jump of the time of day than time synchronization makes: the machine was asleep, or its clock was set. */
const JUMP_MS_MIN = 1_000;

/**
 * Returns a clock in milliseconds for measuring ages. The system's monotonic clock may stand still while the machine
 * sleeps, so this clock adds every jump by which the time of day runs ahead of it.
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
