/** Deletes the events that were kept for long enough: without it the table would grow with every change, for ever. */
import { outbox } from '@tenant-registry/db';
import type { Worker } from '../worker.ts';

const BATCH = 1_000;

export const outboxWorker: Worker = {
  name: 'outbox-expiry',
  idleMs: 60_000,
  runOnce({ db, outboxRetentionDays }) {
    return outbox.deleteOldOutboxEvents(db, outboxRetentionDays, BATCH);
  },
};
