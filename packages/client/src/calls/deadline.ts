/** When a call has to end: its time is over, or its caller gave up. */

import { letGo } from './unref.ts';

/** setTimeout takes no more than a signed 32 bit number; past it, it fires at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Why a call had to end. Stays inside the client. */
export class CallEnded extends Error {
  readonly by: 'timeout' | 'aborted';

  constructor(by: 'timeout' | 'aborted') {
    super(by);
    this.by = by;
  }
}

export interface Deadline {
  /** Aborts, with `CallEnded` as its reason, when the call has to end. */
  readonly signal: AbortSignal;
  remainingMs(): number;
  /** Settles as the work does, or rejects with `CallEnded` when that comes first, also if the work ignores the signal. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Lets go of the timer and of the caller's signal. */
  release(): void;
}

/**
 * Starts the time of a call. The caller's signal may already have aborted. Waiting in the background does not keep the
 * process, where a runtime can tell.
 */
export function startDeadline(timeoutMs: number, caller: AbortSignal | undefined, background = false): Deadline {
  const controller = new AbortController();
  const { signal } = controller;
  const startedAt = performance.now();
  const ended = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  // It may end while nobody races.
  ended.catch(() => {});
  const onAbort = () => controller.abort(new CallEnded('aborted'));
  if (caller?.aborted) onAbort();
  else caller?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => controller.abort(new CallEnded('timeout')), Math.min(timeoutMs, TIMER_MS_MAX));
  if (background) letGo(timer);
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
