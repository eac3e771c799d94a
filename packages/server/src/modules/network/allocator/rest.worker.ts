/** Makes addresses free whose time of rest is over. */
import { meshFreeRanges, networks, type Tx } from '@tenant-registry/db';
import { bookkeep } from '../../../kernel/transact.ts';
import type { Worker } from '../../../kernel/worker.ts';

const BATCH_NETWORKS = 100;
/** Of one network: as many as leave its own callers, and the other networks, a short wait. */
const BATCH_ADDRESSES = 10_000;
/** Of more addresses than that, making all free ranges of the network anew is the shorter work. */
const JOINED_ONE_BY_ONE_MAX = 200;

/** Passes over networks that are being changed: they are looked at again after the pause. */
export const restWorker: Worker = {
  name: 'mesh-rest',
  idleMs: 2_000,
  async runOnce({ db, clock }, signal) {
    let freed = 0;
    for (const tenantId of await meshFreeRanges.listRestedNetworks(db, clock(), BATCH_NETWORKS)) {
      if (signal.aborted) break;
      freed += await bookkeep(db, async (tx) =>
        (await networks.lockIdleNetwork(tx, tenantId)) ? freeRested(tx, tenantId, clock()) : 0,
      );
    }
    return freed;
  },
};

/** Makes addresses of the network free whose time of rest is over, a batch at most, and returns how many. Its lock is held. */
export async function freeRested(tx: Tx, tenant_id: string, now: Date): Promise<number> {
  const rested = await meshFreeRanges.deleteRested(tx, { tenant_id, now }, BATCH_ADDRESSES);
  if (rested.length > JOINED_ONE_BY_ONE_MAX) await meshFreeRanges.insertFreeRangesAnew(tx, tenant_id);
  else for (const row of rested) await meshFreeRanges.insertFreeAddress(tx, { ...row, tenant_id, not_before: null });
  return rested.length;
}
