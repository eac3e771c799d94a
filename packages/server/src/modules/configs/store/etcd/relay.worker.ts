/** Brings changes of configurations from etcd into the database. */
import type { Worker } from '../../../../kernel/worker.ts';

export const configRelayWorker: Worker = {
  name: 'configs-relay',
  idleMs: 250,
  wokenBy: 'intended',
  async runOnce({ etcdConfigs }, signal) {
    return etcdConfigs === null ? 0 : etcdConfigs.relay.turn(signal);
  },
};
