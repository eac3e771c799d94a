/** Time that a test may move. */
import { type After, afterTimer } from '../async/after.ts';

export interface Timing {
  /** Monotonic, in milliseconds. */
  now(): number;
  /** Calls the function again and again, until what it returns is called. */
  every(ms: number, run: () => void): () => void;
  readonly after: After;
}

/** The time of the system. Its timers keep no process alive. */
export const systemTiming: Timing = {
  now: () => performance.now(),
  every(ms, run) {
    const timer = setInterval(run, ms).unref();
    return () => clearInterval(timer);
  },
  after: afterTimer,
};
