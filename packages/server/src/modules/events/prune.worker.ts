/** Deletes events that were kept for long enough, with their deliveries. */
import { eventLog } from '@tenant-registry/db';
import { bookkeep } from '../../kernel/transact.ts';
import type { Worker } from '../../kernel/worker.ts';

const BATCH = 1_000;

export const pruneWorker: Worker = {
  name: 'events-prune',
  idleMs: 60_000,
  runOnce({ db, eventsRetentionDays }) {
    return bookkeep(db, (tx) => eventLog.deleteOldEvents(tx, eventsRetentionDays, BATCH));
  },
};
