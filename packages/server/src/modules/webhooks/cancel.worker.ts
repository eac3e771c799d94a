/** Cancels deliveries that wait for a webhook which is disabled or deleted, where one change did not cancel all. */
import { webhooks } from '@tenant-registry/db';
import { bookkeep } from '../../kernel/transact.ts';
import type { Worker } from '../../kernel/worker.ts';

const BATCH = 5_000;

export const cancelWorker: Worker = {
  name: 'webhooks-cancel',
  idleMs: 60_000,
  runOnce({ db }) {
    return bookkeep(db, (tx) => webhooks.updateStrandedToCanceled(tx, BATCH));
  },
};
