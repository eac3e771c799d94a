/** Archives tenants that nobody activated again in time. */
import { systemContext } from '../../kernel/system-context.ts';
import type { Worker } from '../../kernel/worker.ts';
import { archiveLongFrozen } from './service.ts';

const BATCH = 100;

export const tenantArchiveWorker: Worker = {
  name: 'tenant-archive',
  idleMs: 30_000,
  runOnce(deps) {
    return archiveLongFrozen(systemContext(deps, tenantArchiveWorker), BATCH);
  },
};
