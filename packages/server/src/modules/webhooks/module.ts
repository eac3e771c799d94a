/** Webhooks: events, delivered to the endpoints of tenants and of the platform. */
import { webhooks } from '@tenant-registry/db';
import { createGate } from '../../kernel/gate.ts';
import { defineModule } from '../../kernel/module.ts';
import { cancelWorker } from './cancel.worker.ts';
import { createAttempts } from './delivery/attempt.ts';
import { webhookErrors } from './errors.ts';
import { webhooksPermissions } from './permissions.ts';
import { testsGate, WEBHOOKS_MAX } from './port.ts';
import { resealWorker } from './reseal.worker.ts';
import { webhooksRouter } from './router.ts';
import { webhookEvents } from './schema.ts';
import { QUOTA } from './service.ts';

export const webhooksModule = defineModule({
  router: webhooksRouter,
  tag: { name: 'Webhooks', description: 'Events, delivered to endpoints over HTTP, signed.' },
  errors: webhookErrors,
  events: webhookEvents,
  permissions: webhooksPermissions,
  holdings: { webhooks: 'webhook_endpoints' },
  workers: [resealWorker, cancelWorker],
  provide(kernel) {
    const { metrics, quotas } = kernel;
    quotas.declare({ name: QUOTA, limit: WEBHOOKS_MAX, used: webhooks.findWebhooksInUse });
    const webhookTests = createGate(testsGate);
    metrics.observeGate(webhookTests);
    return { webhookTests, webhookAttempts: createAttempts(kernel) };
  },
});
