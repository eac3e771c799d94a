/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions, WaitOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  CreateWebhookInput,
  DeleteWebhookInput,
  GetWebhookDeliveryInput,
  GetWebhookInput,
  IssuedWebhook,
  ListWebhookDeliveriesInput,
  ListWebhooksInput,
  ReplayWebhookInput,
  RetryWebhookDeliveryInput,
  RotateWebhookSecretInput,
  TestWebhookInput,
  UpdateWebhookInput,
  Webhook,
  WebhookDelivery,
  WebhookDeliveryPage,
  WebhookDeliveryWithAttempts,
  WebhookPage,
  WebhookReplay,
  WebhookTest,
} from '../schemas/webhooks.ts';

/** The operations of `client.webhooks`. */
export interface WebhooksOperations {
  /**
   * Create a webhook.
   *
   * From the answer on, events are delivered to the URL. The answer holds the secret, this once; with `ed25519` there
   * is none, and `public_key` checks the signatures. A tenant has 50 webhooks at most.
   *
   * Requires the permission `webhooks:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:webhooks:write`.
   */
  create(input: CreateWebhookInput, options?: MutationOptions): Result<IssuedWebhook>;
  /**
   * List webhooks.
   *
   * Newest first: of a tenant, or of the platform. No secret is in it.
   *
   * Requires the permission `webhooks:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:webhooks:read`.
   */
  list(input?: ListWebhooksInput, options?: QueryOptions): List<WebhookPage>;
  /**
   * Get a webhook.
   *
   * By id, without its secret.
   *
   * Requires the permission `webhooks:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:webhooks:read`.
   */
  get(input: GetWebhookInput, options?: QueryOptions): Result<Webhook>;
  /**
   * Change a webhook.
   *
   * Absent fields stay as they are. Disabling it cancels what waits; enabling it forgets its failures. What happens
   * while it is disabled is delivered by a replay with `only_failed: false` alone.
   *
   * Requires the permission `webhooks:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:webhooks:write`.
   */
  update(input: UpdateWebhookInput, options?: MutationOptions): Result<Webhook>;
  /**
   * Delete a webhook.
   *
   * For good, with its secrets. Nothing more is delivered, and its deliveries are not shown any more.
   *
   * Requires the permission `webhooks:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:webhooks:write`.
   */
  delete(input: DeleteWebhookInput, options?: MutationOptions): Result<void>;
  /**
   * Rotate the secret of a webhook.
   *
   * Makes a new secret, or a new key with `ed25519`, which signs from the answer on. Those of before sign too until the
   * overlap is over: each delivery then has a signature of each. A webhook has ten at most.
   *
   * Requires the permission `webhooks:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:webhooks:write`.
   */
  rotateSecret(input: RotateWebhookSecretInput, options?: MutationOptions): Result<IssuedWebhook>;
  /**
   * Test a webhook.
   *
   * Sends an event of the type `webhook.test` once, signed like any other, and tells what came of it: always 200. The
   * event is in no log. A disabled webhook is tested too.
   *
   * Requires the permission `webhooks:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:webhooks:write`.
   */
  test(input: TestWebhookInput, options?: WaitOptions): Result<WebhookTest>;
  /**
   * List the deliveries to a webhook.
   *
   * Those of the newest events first. They are kept as long as their events.
   *
   * Requires the permission `webhooks:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:webhooks:read`.
   */
  listDeliveries(input: ListWebhookDeliveriesInput, options?: QueryOptions): List<WebhookDeliveryPage>;
  /**
   * Get a delivery.
   *
   * With what was tried, and the beginning of each answer.
   *
   * Requires the permission `webhooks:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:webhooks:read`.
   */
  getDelivery(input: GetWebhookDeliveryInput, options?: QueryOptions): Result<WebhookDeliveryWithAttempts>;
  /**
   * Deliver an event once more.
   *
   * The delivery waits again and is due at once, whatever became of it. The event has its id, so the receiver can tell
   * that it comes again.
   *
   * Requires the permission `webhooks:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:webhooks:write`.
   */
  retryDelivery(input: RetryWebhookDeliveryInput, options?: MutationOptions): Result<WebhookDelivery>;
  /**
   * Deliver a part of the log once more.
   *
   * Makes new deliveries of events, at most 10,000, in their order. Each event has its id, so the receiver can tell
   * that it comes again. Events that wait for their delivery get no other one.
   *
   * Requires the permission `webhooks:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:webhooks:write`.
   */
  replay(input: ReplayWebhookInput, options?: MutationOptions): Result<WebhookReplay>;
}
