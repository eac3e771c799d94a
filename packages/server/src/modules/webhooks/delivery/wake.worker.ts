/** Finds endpoints that have something to deliver and are in no line for it, so that no wake is ever lost. */
import { webhookQueue } from '@tenant-registry/db';
import { bookkeep } from '../../../kernel/transact.ts';
import type { Worker } from '../../../kernel/worker.ts';

const BATCH = 1_000;

export const wakeWorker: Worker = {
  name: 'webhooks-wake',
  idleMs: 2_000,
  async runOnce({ db, signals }) {
    const woken = await bookkeep(db, (tx) => webhookQueue.claimIdleEndpoints(tx, BATCH));
    if (woken > 0) signals.tell('deliverable');
    return woken;
  },
};
