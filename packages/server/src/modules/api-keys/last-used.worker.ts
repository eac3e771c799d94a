/** Writes down when keys were last used. */
import { apiKeys } from '@tenant-registry/db';
import type { Worker } from '../../kernel/worker.ts';

export const lastUsedWorker: Worker = {
  name: 'api-keys-last-used',
  idleMs: 5_000,
  async runOnce({ db, lastUsed }) {
    const batch = lastUsed.drain();
    if (batch.size === 0) return 0;
    try {
      await apiKeys.touchApiKeys(db, batch);
    } catch (error) {
      lastUsed.restore(batch);
      throw error;
    }
    return 0;
  },
};
