/** Ends a call when its time is over or its caller's signal aborts. */
import { unrefTimer } from './unref.ts';

/** The largest delay that setTimeout accepts, a signed 32 bit number; a larger one fires at once. */
export const TIMER_MS_MAX = 2 ** 31 - 1;

/** The reason why a call ended early. It never leaves the client. */
export class CallEnded extends Error {
  readonly by: 'timeout' | 'aborted';

  constructor(by: 'timeout' | 'aborted') {
    super(by);
    this.by = by;
  }
}

export interface Deadline {
  /** Aborts with a `CallEnded` as its reason when the call has to end. */
  readonly signal: AbortSignal;
  remainingMs(): number;
  /** Settles like the work, or rejects with `CallEnded` if the deadline comes first, even for work that ignores the signal. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Clears the timer and stops listening to the caller's signal. */
  release(): void;
}

/** Starts the time of a call. The caller's signal may have aborted before. With `unref` the timer lets a Node process end. */
export function startDeadline(timeoutMs: number, caller: AbortSignal | undefined, unref = false): Deadline {
  const controller = new AbortController();
  const { signal } = controller;
  const startedAt = performance.now();
  const ended = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  // The deadline may pass between two races, and must not be an unhandled rejection then.
  ended.catch(() => {});
  const onAbort = () => controller.abort(new CallEnded('aborted'));
  if (caller?.aborted) onAbort();
  else caller?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => controller.abort(new CallEnded('timeout')), Math.min(timeoutMs, TIMER_MS_MAX));
  if (unref) unrefTimer(timer);
  return {
    signal,
    remainingMs: () => timeoutMs - (performance.now() - startedAt),
    race: (work) => Promise.race([work, ended]),
    release() {
      clearTimeout(timer);
      caller?.removeEventListener('abort', onAbort);
    },
  };
}
