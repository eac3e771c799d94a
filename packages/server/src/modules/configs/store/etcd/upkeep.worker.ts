/** Looks after etcd: its size, its versions, its past, and what is left of deleted tenants. */
import type { Worker } from '../../../../kernel/worker.ts';

export const configUpkeepWorker: Worker = {
  name: 'configs-upkeep',
  idleMs: 30_000,
  async runOnce({ etcdConfigs }) {
    await etcdConfigs?.upkeep.runOnce();
    return 0;
  },
};
