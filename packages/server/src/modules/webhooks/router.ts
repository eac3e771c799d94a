/** Webhooks on the wire: one expression per endpoint. */
import { z } from 'zod';
import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { eventErrors } from '../events/errors.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { getDelivery, listDeliveries, replayWebhook, retryDelivery } from './deliveries/service.ts';
import { webhookErrors } from './errors.ts';
import {
  createWebhookInput,
  delivery,
  deliveryName,
  deliveryPage,
  deliveryWithAttempts,
  issuedWebhook,
  listDeliveriesInput,
  listWebhooksInput,
  replayed,
  replayInput,
  rotateSecretInput,
  updateWebhookInput,
  webhook,
  webhookId,
  webhookPage,
  webhookTest,
} from './schema.ts';
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
  rotateSecret,
  testWebhook,
  updateWebhook,
} from './service.ts';

const on = routes({ tag: 'Webhooks', tenancy: tenancyErrors });

export const webhooksRouter = router({
  create: procedure('webhooks:write')
    .meta({
      secretFields: ['secret'],
      rest: on.create('/v1/webhooks', {
        operation: 'create_webhook',
        summary: 'Create a webhook',
        description:
          'From the answer on, events are delivered to the URL. The answer holds the secret, this once; with `ed25519` there is none, and `public_key` checks the signatures. A tenant has 50 webhooks at most.',
        errors: [
          webhookErrors.urlRefused,
          eventErrors.unknownEventType,
          webhookErrors.limitReached,
          kernelErrors.boundToProject,
          kernelErrors.secretsKeyMissing,
        ],
        inTenant: 'write',
        example: { request: { secret: undefined }, response: { public_key: null, disabled_reason: null } },
      }),
    })
    .input(createWebhookInput)
    .output(issuedWebhook)
    .mutation(({ ctx, input }) => createWebhook(ctx, input)),

  list: procedure('webhooks:read')
    .meta({
      rest: on.list('/v1/webhooks', {
        operation: 'list_webhooks',
        summary: 'List webhooks',
        description: 'Newest first: of a tenant, or of the platform. No secret is in it.',
        errors: [kernelErrors.boundToProject],
        inTenant: 'read',
      }),
    })
    .input(listWebhooksInput)
    .output(webhookPage)
    .query(({ ctx, input }) => listWebhooks(ctx, input)),

  get: procedure('webhooks:read')
    .meta({
      rest: on.get('/v1/webhooks/{id}', {
        operation: 'get_webhook',
        summary: 'Get a webhook',
        description: 'By id, without its secret.',
        inTenant: 'read',
      }),
    })
    .input(webhookId)
    .output(webhook)
    .query(({ ctx, input }) => getWebhook(ctx, input.id)),

  update: procedure('webhooks:write')
    .meta({
      rest: on.update('/v1/webhooks/{id}', {
        operation: 'update_webhook',
        summary: 'Change a webhook',
        description:
          'Absent fields stay as they are. Disabling it cancels what waits; enabling it forgets its failures. What happens while it is disabled is delivered by a replay with `only_failed: false` alone.',
        errors: [webhookErrors.urlRefused, eventErrors.unknownEventType],
        inTenant: 'write',
      }),
    })
    .input(updateWebhookInput)
    .output(webhook)
    .mutation(({ ctx, input }) => updateWebhook(ctx, input)),

  delete: procedure('webhooks:write')
    .meta({
      rest: on.remove('/v1/webhooks/{id}', {
        operation: 'delete_webhook',
        summary: 'Delete a webhook',
        description:
          'For good, with its secrets. Nothing more is delivered, and its deliveries are not shown any more.',
        inTenant: 'write',
      }),
    })
    .input(webhookId)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteWebhook(ctx, input.id)),

  rotateSecret: procedure('webhooks:write')
    .meta({
      secretFields: ['secret'],
      rest: on.create('/v1/webhooks/{id}/rotate-secret', {
        operation: 'rotate_webhook_secret',
        summary: 'Rotate the secret of a webhook',
        description:
          'Makes a new secret, or a new key with `ed25519`, which signs from the answer on. Those of before sign too until the overlap is over: each delivery then has a signature of each. A webhook has ten at most.',
        errors: [webhookErrors.secretLimitReached, kernelErrors.secretsKeyMissing],
        inTenant: 'write',
        etag: false,
        location: false,
      }),
    })
    .input(rotateSecretInput)
    .output(issuedWebhook)
    .mutation(({ ctx, input }) => rotateSecret(ctx, input)),

  test: procedure('webhooks:write')
    .meta({
      safe: true,
      surcharge: 'outbound',
      rest: on.ask('/v1/webhooks/{id}/test', {
        operation: 'test_webhook',
        summary: 'Test a webhook',
        description:
          'Sends an event of the type `webhook.test` once, signed like any other, and tells what came of it: always 200. The event is in no log. A disabled webhook is tested too.',
        errors: [kernelErrors.secretsKeyMissing],
        inTenant: 'read',
        example: { response: { delivered: true, status: 200, error: null } },
      }),
    })
    .input(webhookId)
    .output(webhookTest)
    .mutation(({ ctx, input }) => testWebhook(ctx, input.id)),

  listDeliveries: procedure('webhooks:read')
    .meta({
      rest: on.list('/v1/webhooks/{id}/deliveries', {
        operation: 'list_webhook_deliveries',
        summary: 'List the deliveries to a webhook',
        description: 'Those of the newest events first. They are kept as long as their events.',
        inTenant: 'read',
      }),
    })
    .input(listDeliveriesInput)
    .output(deliveryPage)
    .query(({ ctx, input }) => listDeliveries(ctx, input)),

  getDelivery: procedure('webhooks:read')
    .meta({
      rest: on.list('/v1/webhooks/{id}/deliveries/{delivery_id}', {
        operation: 'get_webhook_delivery',
        summary: 'Get a delivery',
        description: 'With what was tried, and the beginning of each answer.',
        inTenant: 'read',
      }),
    })
    .input(deliveryName)
    .output(deliveryWithAttempts)
    .query(({ ctx, input }) => getDelivery(ctx, input)),

  retryDelivery: procedure('webhooks:write')
    .meta({
      rest: on.accept('/v1/webhooks/{id}/deliveries/{delivery_id}/retry', {
        operation: 'retry_webhook_delivery',
        summary: 'Deliver an event once more',
        description:
          'The delivery waits again and is due at once, whatever became of it. The event has its id, so the receiver can tell that it comes again.',
        errors: [webhookErrors.disabled],
        inTenant: 'write',
      }),
    })
    .input(deliveryName)
    .output(delivery)
    .mutation(({ ctx, input }) => retryDelivery(ctx, input)),

  replay: procedure('webhooks:write')
    .meta({
      surcharge: 'export',
      rest: on.accept('/v1/webhooks/{id}/replay', {
        operation: 'replay_webhook',
        summary: 'Deliver a part of the log once more',
        description:
          'Makes new deliveries of events, at most 10,000, in their order. Each event has its id, so the receiver can tell that it comes again. Events that wait for their delivery get no other one.',
        errors: [webhookErrors.disabled, eventErrors.unknownEventType, eventErrors.eventExpired],
        inTenant: 'write',
      }),
    })
    .input(replayInput)
    .output(replayed)
    .mutation(({ ctx, input }) => replayWebhook(ctx, input)),
});
