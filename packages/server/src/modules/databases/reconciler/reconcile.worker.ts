/** Starts the passes over databases that are due, and listens to the provisioners that tell of changes. */
import type { Worker } from '../../../kernel/worker.ts';
import { RECONCILER } from './settle.ts';
import { watchersOf } from './watch.ts';

export const reconcileWorker: Worker = {
  name: RECONCILER,
  idleMs: 1_000,
  wokenBy: 'ordered',
  // The passes go on beside the loop: at the close they end, and give their leases back.
  flushOnClose: true,
  watchers: watchersOf,
  async runOnce(deps, signal) {
    if (!signal.aborted) return deps.databaseReconciler.claim(deps);
    await deps.databaseReconciler.close();
    for (const provisioner of deps.databaseWorld.provisioners.values()) await provisioner.close();
    return 0;
  },
};
