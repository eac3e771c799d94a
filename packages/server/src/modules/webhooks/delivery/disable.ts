/** Ends an endpoint that is gone, or failed for five days. */
import { tenants, webhookQueue, webhooks } from '@tenant-registry/db';
import type { Dependencies } from '../../../kernel/context.ts';
import { systemContext } from '../../../kernel/system-context.ts';
import { transact } from '../../../kernel/transact.ts';
import { webhookEvents } from '../schema.ts';

/** One statement cancels no more, so that it ends in time; a disabled endpoint gets none of the others either. */
const CANCELED_MAX = 5_000;

/** Disables the endpoint and cancels what waits for it, under its lease: a lost lease changes nothing. Frozen tenants are no exception. */
export async function disableEndpoint(
  deps: Dependencies,
  claimed: webhookQueue.ClaimedEndpoint,
  reason: 'gone' | 'failing',
): Promise<void> {
  await transact(systemContext(deps, { name: 'webhooks-deliver' }), async (tx, record, nothingChanged) => {
    if (claimed.tenant_id !== null) await tenants.lockTenantShared(tx, claimed.tenant_id);
    const endpoint = await webhookQueue.updateEndpointDisabled(tx, claimed, reason);
    if (endpoint === undefined) return nothingChanged();
    await webhooks.updateWaitingToCanceled(tx, claimed.id, CANCELED_MAX);
    await record(webhookEvents.disabled, endpoint);
  });
}
