/** Deletes events that were kept for long enough, and the deliveries of what the log does not hold any more. */
import { eventLog } from '@tenant-registry/db';
import { bookkeep } from '../../kernel/transact.ts';
import type { Worker } from '../../kernel/worker.ts';
import { inBatches } from './batches.ts';

/** Deliveries for one event, in one batch. */
const DELIVERIES_PER_EVENT = 10;

export const pruneWorker: Worker = {
  name: 'events-prune',
  idleMs: 60_000,
  runOnce({ db, logger, eventsRetentionDays }) {
    return inBatches({ logger, worker: 'events-prune' }, async (size) => {
      const events = await bookkeep(db, (tx) => eventLog.deleteOldEvents(tx, eventsRetentionDays, size));
      const orphans = size * DELIVERIES_PER_EVENT;
      return events + (await bookkeep(db, (tx) => eventLog.deleteOrphanedDeliveries(tx, orphans)));
    });
  },
};
