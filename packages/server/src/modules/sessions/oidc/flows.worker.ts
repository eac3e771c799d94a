/** Deletes sign-ins at providers that were not finished in time. */
import { signInFlows } from '@tenant-registry/db';
import type { Worker } from '../../../kernel/worker.ts';

const BATCH = 1_000;

export const signInFlowsWorker: Worker = {
  name: 'sign-in-flows-expiry',
  idleMs: 60_000,
  runOnce({ db, clock }) {
    return signInFlows.deleteExpiredSignInFlows(db, clock(), BATCH);
  },
};
