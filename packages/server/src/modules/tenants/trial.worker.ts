/** Freezes tenants whose trial ended. */
import { systemContext } from '../../kernel/system-context.ts';
import type { Worker } from '../../kernel/worker.ts';
import { freezeEndedTrials } from './service.ts';

const BATCH = 100;

export const tenantTrialWorker: Worker = {
  name: 'tenant-trial-end',
  idleMs: 30_000,
  runOnce(deps) {
    return freezeEndedTrials(systemContext(deps, tenantTrialWorker), BATCH);
  },
};
