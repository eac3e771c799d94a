/** Forgets idempotency keys after their day. */
import { idempotency } from '@tenant-registry/db';
import { idempotencyExpiry } from '../idempotency.ts';
import type { Worker } from '../worker.ts';

const BATCH = 1_000;

export const idempotencyWorker: Worker = {
  name: 'idempotency-expiry',
  idleMs: 60_000,
  runOnce({ db, clock }) {
    return idempotency.deleteExpiredIdempotencyKeys(db, idempotencyExpiry(clock()), BATCH);
  },
};
