/** The sources of waiting and of chance, which tests replace. */
import { TIMER_MS_MAX } from './deadline.ts';
import { unrefTimer } from './unref.ts';

export interface Runtime {
  /** Resolves after the time or when the signal aborts, whichever comes first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Returns a number of at least 0 and below 1. */
  random(): number;
}

export const systemRuntime: Runtime = {
  sleep: (ms, signal) => pause(ms, signal),
  random: Math.random,
};

/** Sleeps as `Runtime` demands. With `unref` the timer lets a Node process end. */
export function pause(ms: number, signal: AbortSignal, unref = false): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, Math.min(ms, TIMER_MS_MAX));
    if (unref) unrefTimer(timer);
    signal.addEventListener('abort', end, { once: true });
    function end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
  });
}
