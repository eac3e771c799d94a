/** Tells, once, that the trial of a product ended. The end itself needs no worker: whoever asks compares the time. */
import { systemContext } from '../../kernel/system-context.ts';
import type { Worker } from '../../kernel/worker.ts';
import { endTrials } from './service.ts';

const BATCH = 100;

export const productTrialWorker: Worker = {
  name: 'product-trial-end',
  idleMs: 30_000,
  runOnce(deps) {
    return endTrials(systemContext(deps, productTrialWorker), BATCH);
  },
};
