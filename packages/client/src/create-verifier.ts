/** The verifier as products get it. */
import { pause } from './runtime.ts';
import { steadyClock } from './steady-clock.ts';
import { createVerifierOn, type Verifier, type VerifierOptions } from './verifier.ts';

/**
 * Returns a verifier, which begins to follow the feed of changes at once. Make one for each process, and close it at
 * its end; it does not keep the process by itself. Throws a `TypeError` for options that cannot work.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const sleep = (ms: number, signal: AbortSignal) => pause(ms, signal, true);
  return createVerifierOn({ sleep, random: Math.random, now: steadyClock() }, options);
}
