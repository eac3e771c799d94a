/** Whether a failed attempt is repeated, and when. Pure: time and chance are arguments. */
import type { Failure } from './answer.ts';

const BACKOFF_FIRST_MS = 200;
const BACKOFF_MAX_MS = 5_000;
/** A registry that asks for a longer pause is not asked again: the caller knows better what to do meanwhile. */
const RETRY_AFTER_SECONDS_MAX = 30;

export interface FailedAttempt {
  readonly failure: Failure;
  /** How many attempts have failed, this one included. */
  readonly failed: number;
  /** How many times a call is repeated at most. */
  readonly retries: number;
}

/**
 * Returns the pause before the next attempt in milliseconds, or undefined when there is none: never shorter than
 * Retry-After, doubling from attempt to attempt, and up to half of it random, so that many clients spread out.
 */
export function retryDelayMs({ failure, failed, retries }: FailedAttempt, random: () => number): number | undefined {
  if (failed > retries || !isTransient(failure)) return undefined;
  const seconds = failure.type === 'answer' ? (failure.retryAfter ?? 0) : 0;
  if (seconds > RETRY_AFTER_SECONDS_MAX) return undefined;
  const backoff = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (failed - 1));
  const jittered = Math.round(backoff * (1 - random() / 2));
  return seconds * 1000 + jittered;
}

/**
 * May go better the next time. That holds for changes too, even when nobody knows whether the change was made: every
 * attempt has the same idempotency key, so the registry makes it once, and tells an attempt that comes while another
 * is under way to come again.
 */
function isTransient(failure: Failure): boolean {
  if (failure.type === 'network') return true;
  const { status, problem } = failure;
  const code: string | undefined = problem?.code;
  // A wrong key stays one, and its caller waits.
  if (code === 'too_many_attempts') return false;
  return status === 429 || status === 503 || (status === 409 && code === 'idempotency_key_in_flight');
}
