/** Webhooks: events, delivered to the endpoints of tenants and of the platform. */
import { webhooks } from '@tenant-registry/db';
import { createGate } from '../../kernel/gate.ts';
import { defineModule } from '../../kernel/module.ts';
import { cancelWorker } from './cancel.worker.ts';
import { createAttempts, type WebhookAttempts } from './delivery/attempt.ts';
import { deliverWorker } from './delivery/deliver.worker.ts';
import { createDeliveries, type Deliveries } from './delivery/deliveries.ts';
import { createLanes } from './delivery/lanes.ts';
import { createDeliveryMetrics } from './delivery/metrics.ts';
import { reportWorker } from './delivery/report.worker.ts';
import { deliveryEvents } from './delivery/schema.ts';
import { wakeWorker } from './delivery/wake.worker.ts';
import { webhookErrors } from './errors.ts';
import { webhooksPermissions } from './permissions.ts';
import { testsGate, WEBHOOKS_MAX } from './port.ts';
import { resealWorker } from './reseal.worker.ts';
import { webhooksRouter } from './router.ts';
import { webhookEvents } from './schema.ts';
import { openSecrets } from './secrets.ts';
import { QUOTA } from './service.ts';

declare module '../../kernel/context.ts' {
  interface Ports {
    /** Makes single attempts. */
    readonly webhookAttempts: WebhookAttempts;
    /** Delivers what is due. */
    readonly webhookDeliveries: Deliveries;
  }
}

/** Names the registry in CloudEvents where it has no URL. */
const NAMELESS = 'urn:tenant-registry';

export const webhooksModule = defineModule({
  router: webhooksRouter,
  tag: { name: 'Webhooks', description: 'Events, delivered to endpoints over HTTP, signed.' },
  errors: webhookErrors,
  events: { ...webhookEvents, ...deliveryEvents },
  permissions: webhooksPermissions,
  holdings: { webhooks: 'webhook_endpoints' },
  workers: [deliverWorker, wakeWorker, reportWorker, resealWorker, cancelWorker],
  provide(kernel, { publicUrl }: { readonly publicUrl: string | null }) {
    const { db, logger, signals, metrics, outbound, clock, quotas, sealed } = kernel;
    quotas.declare({ name: QUOTA, limit: WEBHOOKS_MAX, used: webhooks.findWebhooksInUse });
    const webhookTests = createGate(testsGate);
    metrics.observeGate(webhookTests);
    const lanes = createLanes();
    const webhookAttempts = createAttempts({ outbound, clock, source: publicUrl ?? NAMELESS });
    const secretsOf = async (endpointId: string) =>
      openSecrets(sealed, await webhooks.listSecrets(db, endpointId, clock()));
    const parts = { db, logger, signals, lanes, secretsOf, attempts: webhookAttempts };
    const webhookDeliveries = createDeliveries({ ...parts, metrics: createDeliveryMetrics(metrics, lanes) });
    return { webhookTests, webhookAttempts, webhookDeliveries };
  },
  // Its attempts would keep the app from closing; their leases are given back when the workers have stopped.
  close: ({ webhookDeliveries }) => void webhookDeliveries.close(),
});
