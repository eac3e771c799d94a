/** Writes down who came in, and who did not. */
import { systemContext } from '../../kernel/system-context.ts';
import type { Worker } from '../../kernel/worker.ts';
import { recordAccess } from './service.ts';

export const accessWorker: Worker = {
  name: 'access-audit',
  idleMs: 10_000,
  flushOnClose: true,
  ofEachProcess: true,
  async runOnce(deps) {
    const entries = [...deps.accessLog.drain()];
    const ctx = systemContext(deps, accessWorker);
    try {
      for (let entry = entries[0]; entry !== undefined; entry = entries[0]) {
        await recordAccess(ctx, entry);
        entries.shift();
      }
    } catch (error) {
      // The one that failed goes last: it may be that it never can be written, and the others can.
      const [failed, ...others] = entries;
      deps.accessLog.restore(failed === undefined ? [] : [...others, failed]);
      throw error;
    }
    return 0;
  },
};
