/** Work that could take all of the process goes no faster than it should. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface PaceOptions {
  readonly bytesPerSecond: number;
  /** How far ahead of its pace the work may be, in seconds. */
  readonly aheadSeconds: number;
  readonly timing?: Timing;
}

/** Time that a test may move. */
export interface Timing {
  /** Monotonic, in milliseconds. */
  now(): number;
  wait(ms: number): Promise<unknown>;
}

/** Returns what is to be awaited with the bytes of each part of the work: it waits while the work is too far ahead. */
export function createPace({ bytesPerSecond, aheadSeconds, timing = system }: PaceOptions) {
  const start = timing.now();
  let done = 0;
  return async (bytes: number): Promise<void> => {
    done += bytes;
    const due = start + (done / bytesPerSecond - aheadSeconds) * 1_000;
    const early = due - timing.now();
    if (early > 0) await timing.wait(early);
  };
}

const system: Timing = { now: () => performance.now(), wait: (ms) => sleep(ms) };
