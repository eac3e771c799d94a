import { byId, defineRequests } from '../../../test/support/requests.ts';
import { madeIn } from '../../../test/support/server.ts';
import { sequenceAll } from '../../../test/support/webhooks.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The id of an active webhook for all events. */
    readonly webhook: string;
    /** The id of a delivery that waits for it. */
    readonly webhookDelivery: string;
    /** The id of an active webhook with deliveries that were canceled. */
    readonly webhookWithCanceled: string;
  }
}

const fields = { url: 'https://hooks.acme.example/registry', event_types: ['*'] };
const since = new Date(Date.now() - 3_600_000).toISOString();
const until = new Date(Date.now() + 86_400_000).toISOString();

export const requests = defineRequests({
  things: {
    webhook: { make: async (server, { tenant_id }) => (await madeIn(server, tenant_id, 'webhooks', fields)).id },
    webhookDelivery: {
      needs: ['webhook'],
      make: async (server, { webhook }) => {
        await sequenceAll(server);
        return (await server.call(`GET /v1/webhooks/${webhook}/deliveries`)).body.items[0].id;
      },
    },
    webhookWithCanceled: {
      make: async (server, { tenant_id }) => {
        const { id } = await madeIn(server, tenant_id, 'webhooks', fields);
        await sequenceAll(server);
        for (const status of ['disabled', 'active'])
          await server.call(`PATCH /v1/webhooks/${id}`, { body: { status } });
        return id;
      },
    },
  },
  operations: {
    create_webhook: { request: ({ tenant_id }) => ({ body: { tenant_id, ...fields } }) },
    list_webhooks: { needs: ['webhook'], request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }) },
    get_webhook: { needs: ['webhook'], request: ({ webhook }) => byId(webhook) },
    update_webhook: {
      needs: ['webhook'],
      request: ({ webhook }) => ({ ...byId(webhook), body: { description: 'Other' } }),
    },
    delete_webhook: { needs: ['webhook'], request: ({ webhook }) => byId(webhook) },
    rotate_webhook_secret: { needs: ['webhook'], request: ({ webhook }) => byId(webhook) },
    test_webhook: { needs: ['webhook'], request: ({ webhook }) => byId(webhook) },
    list_webhook_deliveries: { needs: ['webhookDelivery'], request: ({ webhook }) => byId(webhook) },
    get_webhook_delivery: {
      needs: ['webhookDelivery'],
      request: ({ webhook, webhookDelivery }) => ({ path: { id: webhook, delivery_id: webhookDelivery } }),
    },
    retry_webhook_delivery: {
      needs: ['webhookDelivery'],
      request: ({ webhook, webhookDelivery }) => ({ path: { id: webhook, delivery_id: webhookDelivery } }),
    },
    replay_webhook: {
      needs: ['webhookWithCanceled'],
      request: ({ webhookWithCanceled }) => ({ ...byId(webhookWithCanceled), body: { since, until } }),
    },
  },
});
