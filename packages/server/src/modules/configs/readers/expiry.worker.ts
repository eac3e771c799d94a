/** Forgets readers that have not come for seven days. */
import { configReaders } from '@tenant-registry/db';
import { addDays } from '../../../kernel/clock.ts';
import { bookkeep } from '../../../kernel/transact.ts';
import type { Worker } from '../../../kernel/worker.ts';
import { READER_DAYS } from './schema.ts';

const BATCH = 1_000;

export const readersExpiryWorker: Worker = {
  name: 'config-readers-expiry',
  idleMs: 3_600_000,
  runOnce({ db, clock }) {
    return bookkeep(db, (tx) => configReaders.deleteReadersBefore(tx, addDays(clock(), -READER_DAYS), BATCH));
  },
};
