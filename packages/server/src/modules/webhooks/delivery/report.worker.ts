/** Tells of deliveries that were given up, and measures how long the others have waited. */
import { tenants, webhookQueue } from '@tenant-registry/db';
import type { Dependencies } from '../../../kernel/context.ts';
import { systemContext } from '../../../kernel/system-context.ts';
import { transact } from '../../../kernel/transact.ts';
import type { Worker } from '../../../kernel/worker.ts';
import { WAITING_MAX } from './metrics.ts';
import { deliveryEvents } from './schema.ts';

const NAME = 'webhooks-report';
const BATCH = 100;

export const reportWorker: Worker = {
  name: NAME,
  idleMs: 10_000,
  async runOnce(deps) {
    const { db, webhookDeliveries } = deps;
    webhookDeliveries.metrics.measured({
      oldestSeconds: await webhookQueue.findOldestUndelivered(db),
      deliveries: await webhookQueue.findUndeliveredCount(db, WAITING_MAX),
    });
    const endpoints = await webhookQueue.listGivenUp(db, BATCH);
    for (const endpoint of endpoints) await report(deps, endpoint);
    return endpoints.length;
  },
};

async function report(
  deps: Dependencies,
  { id, tenant_id }: { readonly id: string; readonly tenant_id: string | null },
) {
  await transact(systemContext(deps, { name: NAME }), async (tx, record, nothingChanged) => {
    if (tenant_id !== null) await tenants.lockTenantShared(tx, tenant_id);
    const givenUp = await webhookQueue.claimGivenUp(tx, id);
    if (givenUp === undefined) return nothingChanged();
    await record(deliveryEvents.deliveriesFailed, givenUp);
  });
}
