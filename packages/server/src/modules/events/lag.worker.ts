/** Measures how many events wait for their place in the log, and for how long the oldest has. */
import { outbox } from '@tenant-registry/db';
import type { Worker } from '../../kernel/worker.ts';

/** What was measured last, and when. */
export interface OutboxLag {
  measured(now: { readonly seconds: number; readonly events: number }): void;
  /** The seconds that the oldest event waits by now: it goes on waiting while nobody measures. */
  seconds(): number;
  /** The events that waited, up to WAITING_MAX. */
  events(): number;
}

/** Events that wait are counted up to this number. */
export const WAITING_MAX = 10_000;

/** Makes one that has measured nothing: 0. */
export function createOutboxLag(nowMs: () => number = () => performance.now()): OutboxLag {
  let last = { seconds: 0, events: 0, atMs: 0 };
  return {
    measured(now) {
      last = { ...now, atMs: nowMs() };
    },
    seconds: () => (last.seconds === 0 ? 0 : last.seconds + (nowMs() - last.atMs) / 1_000),
    events: () => last.events,
  };
}

export const lagWorker: Worker = {
  name: 'events-lag',
  idleMs: 5_000,
  async runOnce({ db, outboxLag }) {
    const seconds = await outbox.findOldestWait(db);
    outboxLag.measured({ seconds, events: await outbox.findWaitingCount(db, WAITING_MAX) });
    return 0;
  },
};
