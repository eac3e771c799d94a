/** Makes addresses free whose time of rest is over. */
import { meshFreeRanges, networks } from '@tenant-registry/db';
import type { Dependencies } from '../../../kernel/context.ts';
import { bookkeep } from '../../../kernel/transact.ts';
import type { Worker } from '../../../kernel/worker.ts';

const BATCH_NETWORKS = 100;
/** Of more addresses than that, making all free ranges of the network anew is the shorter work. */
const JOINED_ONE_BY_ONE_MAX = 200;

/** Passes over networks that are being changed: they are looked at again after the pause. */
export const restWorker: Worker = {
  name: 'mesh-rest',
  idleMs: 2_000,
  async runOnce(deps, signal) {
    const rested = await meshFreeRanges.listRestedNetworks(deps.db, deps.clock(), BATCH_NETWORKS);
    let freed = 0;
    for (const { tenant_id } of rested) {
      if (signal.aborted) break;
      freed += await freeRested(deps, tenant_id);
    }
    return freed;
  },
};

/** Returns how many addresses of the network have become free. */
function freeRested({ db, clock }: Dependencies, tenant_id: string): Promise<number> {
  return bookkeep(db, async (tx) => {
    if (!(await networks.lockIdleNetwork(tx, tenant_id))) return 0;
    const rested = await meshFreeRanges.deleteRested(tx, tenant_id, clock());
    if (rested.length > JOINED_ONE_BY_ONE_MAX) await meshFreeRanges.insertFreeRangesAnew(tx, tenant_id);
    else for (const row of rested) await meshFreeRanges.insertFreeAddress(tx, { ...row, tenant_id, not_before: null });
    return rested.length;
  });
}
