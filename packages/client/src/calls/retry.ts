/** Decides whether a failed attempt is repeated, and when. Pure: time and chance are arguments. */
import type { Failure } from './answer.ts';
import { backoffMs } from './backoff.ts';

/** A call does not wait for a longer Retry-After than this: its caller can use the time better. */
const RETRY_AFTER_SECONDS_MAX = 30;

export interface FailedAttempt {
  readonly failure: Failure;
  /** The number of attempts that failed so far, this attempt included. */
  readonly failed: number;
  /** The largest number of times that a call is repeated. */
  readonly retries: number;
}

/**
 * Returns the pause before the next attempt in milliseconds, or undefined if there is no next attempt. The pause adds to
 * Retry-After a backoff that doubles with each attempt; up to half of the backoff is random, so that clients spread out.
 */
export function retryDelayMs({ failure, failed, retries }: FailedAttempt, random: () => number): number | undefined {
  if (failed > retries || !isTransient(failure)) return undefined;
  const seconds = failure.type === 'answer' ? (failure.retryAfter ?? 0) : 0;
  if (seconds > RETRY_AFTER_SECONDS_MAX) return undefined;
  return seconds * 1000 + backoffMs(failed - 1, random);
}

/**
 * Tells whether another attempt may succeed. Changes are repeated too, even if an earlier attempt may have made the
 * change: all attempts carry one idempotency key, so the registry makes the change once, and answers an attempt that
 * overlaps an earlier one with `idempotency_key_in_flight`.
 */
function isTransient(failure: Failure): boolean {
  if (failure.type === 'network') return true;
  const { status, problem } = failure;
  const code: string | undefined = problem?.code;
  // A wrong API key does not become right, and its caller is waiting.
  if (code === 'too_many_attempts') return false;
  return status === 429 || status === 503 || (status === 409 && code === 'idempotency_key_in_flight');
}
