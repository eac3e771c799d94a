/** The pauses between attempts that fail. */

const FIRST_MS = 200;
const MAX_MS = 5_000;

/**
 * Returns the pause after so many failures in milliseconds: 200, doubled with each failure, 5 000 at most. Up to half of
 * it is random, so that clients spread out.
 */
export function backoffMs(failed: number, random: () => number): number {
  return Math.round(Math.min(MAX_MS, FIRST_MS * 2 ** failed) * (1 - random() / 2));
}
