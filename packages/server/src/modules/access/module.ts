/** Access: who a credential belongs to, and the record of who came in. */
import { access } from '@tenant-registry/db';
import { defineModule } from '../../kernel/module.ts';
import { accessWorker } from './access.worker.ts';
import { accessPermissions } from './permissions.ts';
import type { AccessPort } from './port.ts';
import { accessEvents } from './record/schema.ts';
import { accessRouter } from './router.ts';

export const accessModule = defineModule({
  router: accessRouter,
  tag: { name: 'Access', description: 'The holder of a credential, its permissions, and what others may do.' },
  events: accessEvents,
  permissions: accessPermissions,
  workers: [accessWorker],
  provide({ database }) {
    const port: AccessPort = { findFacts: access.prepareFindAccessFacts(database) };
    return { access: port };
  },
});
