/** Gives every committed event its place in the log, one process at a time. */
import { eventLog } from '@tenant-registry/db';
import { bookkeep } from '../../kernel/transact.ts';
import type { Worker } from '../../kernel/worker.ts';
import { inBatches } from './batches.ts';

const IDLE_MS = 250;

/**
 * Whoever holds the end of the log moves a batch; all others look again later, so a crash is a rollback and needs no
 * takeover. Argued in docs/decisions/0028-the-order-of-events.md.
 */
export const sequenceWorker: Worker = {
  name: 'events-sequence',
  idleMs: IDLE_MS,
  wokenBy: 'queued',
  async runOnce({ db, logger, signals, outboxMetrics }) {
    const batches = { logger, worker: 'events-sequence', failed: outboxMetrics.batchFailed };
    const { events, deliveries } = await inBatches(batches, (size) =>
      bookkeep(db, async (tx) => {
        const head = await eventLog.claimEventHead(tx);
        return head === undefined ? { events: 0, deliveries: 0 } : eventLog.appendEvents(tx, head, size);
      }),
    );
    outboxMetrics.sequenced(events);
    if (events > 0) signals.tell('logged');
    if (deliveries > 0) signals.tell('deliverable');
    return events;
  },
};
