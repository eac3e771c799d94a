/** Tenants: the companies that use the products, and where in their life they stand. */
import { defineModule } from '../../kernel/module.ts';
import { tenantArchiveWorker } from './archive.worker.ts';
import { tenantErrors } from './errors.ts';
import { tenantPermissions } from './permissions.ts';
import { tenantsRouter } from './router.ts';
import { tenantEvents } from './schema.ts';
import { tenantTrialWorker } from './trial.worker.ts';

export const tenantsModule = defineModule({
  router: tenantsRouter,
  tag: { name: 'Tenants', description: 'The companies that use the products, and where in their life they stand.' },
  errors: tenantErrors,
  events: tenantEvents,
  permissions: tenantPermissions,
  workers: [tenantTrialWorker, tenantArchiveWorker],
});
