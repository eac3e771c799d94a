/** Access: who a credential belongs to, and the record of who came in. */
import { defineModule } from '../../kernel/module.ts';
import { accessWorker } from './access.worker.ts';
import { accessPermissions } from './permissions.ts';
import { accessRouter } from './router.ts';
import { accessEvents } from './schema.ts';

export const accessModule = defineModule({
  router: accessRouter,
  tag: { name: 'Access', description: 'The holder of a credential, and its permissions.' },
  events: accessEvents,
  permissions: accessPermissions,
  workers: [accessWorker],
});
