/** Starts the turns of endpoints that have something due. */
import type { Worker } from '../../../kernel/worker.ts';
import { disableEndpoint } from './disable.ts';

export const deliverWorker: Worker = {
  name: 'webhooks-deliver',
  idleMs: 500,
  wokenBy: 'deliverable',
  // The turns go on beside the loop: at the close they end, and give their leases back.
  flushOnClose: true,
  async runOnce(deps, signal) {
    if (!signal.aborted) return deps.webhookDeliveries.claim((...given) => disableEndpoint(deps, ...given));
    await deps.webhookDeliveries.close();
    return 0;
  },
};
