/** Webhooks: events, delivered to the endpoints of tenants and of the platform. */
import { defineModule } from '../../kernel/module.ts';
import { webhooksPermissions } from './permissions.ts';
import { webhooksRouter } from './router.ts';

export const webhooksModule = defineModule({
  router: webhooksRouter,
  tag: { name: 'Webhooks', description: 'Events, delivered to endpoints over HTTP, signed.' },
  permissions: webhooksPermissions,
  holdings: { webhooks: 'webhook_endpoints' },
});
