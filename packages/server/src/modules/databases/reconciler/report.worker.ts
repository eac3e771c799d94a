/** Counts databases for the metrics. */
import { databaseWork } from '@tenant-registry/db';
import type { Worker } from '../../../kernel/worker.ts';

export const reportWorker: Worker = {
  name: 'databases-report',
  idleMs: 10_000,
  async runOnce({ db, clock, databaseReconciler }) {
    const oldestDue = await databaseWork.findOldestDue(db, clock());
    databaseReconciler.metrics.counted(await databaseWork.listDatabaseCounts(db), oldestDue);
    return 0;
  },
};
