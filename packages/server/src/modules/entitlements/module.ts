/** Entitlements: which products a tenant may use, on what terms, until when. */
import { defineModule } from '../../kernel/module.ts';
import { entitlementErrors } from './errors.ts';
import { entitlementPermissions } from './permissions.ts';
import { entitlementsRouter } from './router.ts';
import { entitlementEvents } from './schema.ts';
import { productTrialWorker } from './trial.worker.ts';

export const entitlementsModule = defineModule({
  router: entitlementsRouter,
  tag: { name: 'Entitlements', description: 'The products that a tenant may use, their terms and their ends.' },
  errors: entitlementErrors,
  events: entitlementEvents,
  permissions: entitlementPermissions,
  workers: [productTrialWorker],
  holdings: { products: 'tenant_products' },
});
