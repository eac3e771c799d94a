/** When a delivery is tried again, and when an endpoint is. Pure: nothing here knows the time. */
import type { AttemptResult } from './attempt.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The waits between nine attempts, over 27.6 hours. */
const WAITS_MS = [5 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR];
/** Each wait is up to a tenth longer, so that what failed together does not come back together. */
const JITTER = 0.1;

const PROBE_MIN_MS = 10 * SECOND;
const PROBE_MAX_MS = 5 * MINUTE;

export interface NextState {
  readonly state: 'pending' | 'succeeded' | 'failed';
  /** How long a pending delivery waits; null otherwise. */
  readonly retry_ms: number | null;
}

/**
 * Returns what becomes of a delivery by its attempt, of which there were `before` earlier ones. `random` is from 0 to
 * below 1. An answer's Retry-After makes the wait longer, never shorter.
 */
export function nextState(
  { delivered, retry_after_ms }: Pick<AttemptResult, 'delivered' | 'retry_after_ms'>,
  before: number,
  random: number,
): NextState {
  if (delivered) return { state: 'succeeded', retry_ms: null };
  const wait = WAITS_MS[before];
  if (wait === undefined) return { state: 'failed', retry_ms: null };
  return { state: 'pending', retry_ms: Math.max(wait * (1 + JITTER * random), retry_after_ms ?? 0) };
}

/** Returns how long an endpoint is left alone after so many failures in a row; 0 while it is not only probed. */
export function probePauseMs(failures: number, failuresMax: number): number {
  if (failures < failuresMax) return 0;
  return Math.min(PROBE_MAX_MS, PROBE_MIN_MS * 2 ** (failures - failuresMax));
}
