/** Where waiting and chance come from, so that tests can bring their own. */
import { letGo } from './unref.ts';

export interface Runtime {
  /** Resolves after the time, or as soon as the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** At least 0 and below 1. */
  random(): number;
}

export const systemRuntime: Runtime = {
  sleep: (ms, signal) => pause(ms, signal),
  random: Math.random,
};

/** Sleeps as `Runtime` says; in the background it does not keep the process. */
export function pause(ms: number, signal: AbortSignal, background = false): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    if (background) letGo(timer);
    signal.addEventListener('abort', end, { once: true });
    function end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
  });
}
