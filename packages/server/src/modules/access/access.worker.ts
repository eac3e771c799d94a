/** Writes down who came in, and who did not. */
import { systemContext } from '../../kernel/system.ts';
import type { Worker } from '../../kernel/worker.ts';
import { recordAccess } from './service.ts';

export const accessWorker: Worker = {
  name: 'access-audit',
  idleMs: 10_000,
  async runOnce(deps) {
    const entries = [...deps.access.drain()];
    const ctx = systemContext(deps, accessWorker);
    try {
      for (let entry = entries[0]; entry !== undefined; entry = entries[0]) {
        await recordAccess(ctx, entry);
        entries.shift();
      }
    } catch (error) {
      deps.access.restore(entries);
      throw error;
    }
    return 0;
  },
};
