/** Writes down when keys were last used. */
import { apiKeys as keys } from '@tenant-registry/db';
import type { Worker } from '../../kernel/worker.ts';

export const lastUsedWorker: Worker = {
  name: 'api-keys-last-used',
  idleMs: 5_000,
  flushOnClose: true,
  async runOnce({ db, apiKeys: { lastUsed } }) {
    const batch = lastUsed.drain();
    if (batch.size === 0) return 0;
    try {
      await keys.touchApiKeys(db, batch);
    } catch (error) {
      lastUsed.restore(batch);
      throw error;
    }
    return 0;
  },
};
