/** Measures for how long the oldest event has waited for its place in the log. */
import { outbox } from '@tenant-registry/db';
import type { Worker } from '../../kernel/worker.ts';

/** What was measured last, and when. */
export interface OutboxLag {
  measured(seconds: number): void;
  /** The seconds that the oldest event waits by now: it goes on waiting while nobody measures. */
  seconds(): number;
}

/** Makes one that has measured nothing: 0. */
export function createOutboxLag(nowMs: () => number = () => performance.now()): OutboxLag {
  let last = { seconds: 0, atMs: 0 };
  return {
    measured(seconds) {
      last = { seconds, atMs: nowMs() };
    },
    seconds: () => (last.seconds === 0 ? 0 : last.seconds + (nowMs() - last.atMs) / 1_000),
  };
}

export const lagWorker: Worker = {
  name: 'events-lag',
  idleMs: 5_000,
  async runOnce({ db, outboxLag }) {
    outboxLag.measured(await outbox.findOldestWait(db));
    return 0;
  },
};
