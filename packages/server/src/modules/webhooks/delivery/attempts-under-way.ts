/** The attempts of one turn: those under way, and those that ended and are not written yet. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { webhookQueue } from '@tenant-registry/db';
import type { AttemptResult } from './attempt.ts';
import type { Place } from './lanes.ts';

export interface EndedAttempt {
  readonly delivery: webhookQueue.DeliverableRow;
  readonly result: AttemptResult;
  /** By the clock that `performance.now` reads. */
  readonly startedMs: number;
}

export interface AttemptsUnderWay {
  ids(): string[];
  /** Those that ended and were not taken out count too: how they ended is not written yet. */
  count(): number;
  /** Starts one; it gives its place back when it ends, and moves it to the slow lane when it lasts. */
  start(delivery: webhookQueue.DeliverableRow, place: Place, attempt: () => Promise<AttemptResult | undefined>): void;
  /** Takes out what has ended. */
  ended(): EndedAttempt[];
  /** Resolves soon after one more has ended, or when none is under way. */
  next(): Promise<void>;
  /** Resolves when none is under way. */
  all(): Promise<void>;
}

/** For how long one that has ended waits for others. */
const TOGETHER_MS = 5;

/** Makes it, with nothing under way. An attempt longer than `slowAfterMs` leaves the fast lane. */
export function createAttemptsUnderWay(slowAfterMs: number): AttemptsUnderWay {
  const running = new Map<string, Promise<void>>();
  let done: EndedAttempt[] = [];
  async function run(...[delivery, place, attempt]: Parameters<AttemptsUnderWay['start']>): Promise<void> {
    const startedMs = performance.now();
    const slow = setTimeout(() => place.slowDown(), slowAfterMs);
    try {
      const result = await attempt();
      // Without a result it was ended, and is as if it had not been.
      if (result !== undefined) done.push({ delivery, result, startedMs });
    } finally {
      clearTimeout(slow);
      place.leave();
      running.delete(delivery.delivery_id);
    }
  }
  return {
    ids: () => [...running.keys()],
    count: () => running.size + done.length,
    start: (delivery, place, attempt) => void running.set(delivery.delivery_id, run(delivery, place, attempt)),
    ended() {
      const taken = done;
      done = [];
      return taken;
    },
    async next() {
      if (running.size > 0 && done.length === 0) await Promise.race(running.values());
      // Attempts that began together and are fast end together: one transaction then writes all of them.
      if (running.size > 0) await Promise.race([Promise.all(running.values()), sleep(TOGETHER_MS)]);
    },
    async all() {
      await Promise.all(running.values());
    },
  };
}
