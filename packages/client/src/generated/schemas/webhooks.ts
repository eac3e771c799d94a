/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */

/** The input of `client.webhooks.create`. */
export interface CreateWebhookInput {
  /** Absent: the tenant of the caller; for the platform, a webhook of the platform. */
  tenant_id?: string | undefined;
  /**
   * Where events are delivered: https, a host with public addresses, no user, no fragment. Its name is resolved and
   * checked at each delivery.
   */
  url: string;
  /**
   * Which events: a type (`tenant.updated`), all types with one beginning (`tenant.*`), or all but `audit.event` (`*`).
   */
  event_types: string[];
  /** For people to read. */
  description?: string | undefined;
  /**
   * What is delivered in order: the events of one subject, or all events. With `endpoint` one that cannot be delivered
   * delays all.
   */
  ordering?: 'aggregate' | 'endpoint' | undefined;
  /** The body: the event as JSON, or as a CloudEvent 1.0 in structured mode. */
  format?: 'json' | 'cloudevents' | undefined;
  /** How deliveries are signed (Standard Webhooks): with a shared secret, or with a key whose public half is shown. */
  signature?: 'hmac' | 'ed25519' | undefined;
  /** A secret of your own: `whsec_` and the base64 of 24 to 64 bytes. Absent: one is made. */
  secret?: string | undefined;
}

/** A webhook and its new secret. */
export interface IssuedWebhook {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Null: it is a webhook of the platform, and gets the events of all tenants. */
  tenant_id: string | null;
  /**
   * Where events are delivered: https, a host with public addresses, no user, no fragment. Its name is resolved and
   * checked at each delivery.
   */
  url: string;
  /** For people to read. */
  description: string | null;
  /**
   * Which events: a type (`tenant.updated`), all types with one beginning (`tenant.*`), or all but `audit.event` (`*`).
   */
  event_types: string[];
  /**
   * What is delivered in order: the events of one subject, or all events. With `endpoint` one that cannot be delivered
   * delays all. Others may come.
   */
  ordering: 'aggregate' | 'endpoint';
  /** The body: the event as JSON, or as a CloudEvent 1.0 in structured mode. Others may come. */
  format: 'json' | 'cloudevents';
  /**
   * How deliveries are signed (Standard Webhooks): with a shared secret, or with a key whose public half is shown.
   * Others may come.
   */
  signature: 'hmac' | 'ed25519';
  /** `whpk_` and the Ed25519 public key, base64; null with `hmac`. */
  public_key: string | null;
  /** `disabled`: nothing is delivered, and nothing waits. Others may come. */
  status: 'active' | 'disabled';
  /** Who disabled it: its owner, its answer 410, or five days of failing. Null: it is active. Others may come. */
  disabled_reason: 'requested' | 'gone' | 'failing' | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** What signatures are checked with, this once: `whsec_` and base64. Absent with `ed25519`. */
  secret?: string | undefined;
}

/** The input of `client.webhooks.list`. */
export interface ListWebhooksInput {
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Absent: the tenant of the caller; for the platform, the webhooks of the platform. */
  tenant_id?: string | undefined;
  /** `disabled`: nothing is delivered, and nothing waits. */
  status?: 'active' | 'disabled' | undefined;
}

/** A page of webhooks. */
export interface WebhookPage {
  /** The rows of this page. */
  items: Webhook[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** An endpoint to which events are delivered. */
export interface Webhook {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Null: it is a webhook of the platform, and gets the events of all tenants. */
  tenant_id: string | null;
  /**
   * Where events are delivered: https, a host with public addresses, no user, no fragment. Its name is resolved and
   * checked at each delivery.
   */
  url: string;
  /** For people to read. */
  description: string | null;
  /**
   * Which events: a type (`tenant.updated`), all types with one beginning (`tenant.*`), or all but `audit.event` (`*`).
   */
  event_types: string[];
  /**
   * What is delivered in order: the events of one subject, or all events. With `endpoint` one that cannot be delivered
   * delays all. Others may come.
   */
  ordering: 'aggregate' | 'endpoint';
  /** The body: the event as JSON, or as a CloudEvent 1.0 in structured mode. Others may come. */
  format: 'json' | 'cloudevents';
  /**
   * How deliveries are signed (Standard Webhooks): with a shared secret, or with a key whose public half is shown.
   * Others may come.
   */
  signature: 'hmac' | 'ed25519';
  /** `whpk_` and the Ed25519 public key, base64; null with `hmac`. */
  public_key: string | null;
  /** `disabled`: nothing is delivered, and nothing waits. Others may come. */
  status: 'active' | 'disabled';
  /** Who disabled it: its owner, its answer 410, or five days of failing. Null: it is active. Others may come. */
  disabled_reason: 'requested' | 'gone' | 'failing' | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
}

/** The input of `client.webhooks.get`. */
export interface GetWebhookInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.webhooks.update`. */
export interface UpdateWebhookInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /**
   * Where events are delivered: https, a host with public addresses, no user, no fragment. Its name is resolved and
   * checked at each delivery.
   */
  url?: string | undefined;
  /** For people to read. */
  description?: string | null | undefined;
  /**
   * Which events: a type (`tenant.updated`), all types with one beginning (`tenant.*`), or all but `audit.event` (`*`).
   * Null: as they are.
   */
  event_types?: string[] | null | undefined;
  /**
   * What is delivered in order: the events of one subject, or all events. With `endpoint` one that cannot be delivered
   * delays all.
   */
  ordering?: 'aggregate' | 'endpoint' | undefined;
  /** The body: the event as JSON, or as a CloudEvent 1.0 in structured mode. */
  format?: 'json' | 'cloudevents' | undefined;
  /**
   * `disabled` cancels what waits. `active` delivers what happens from then on: a replay with `only_failed: false`
   * brings what was missed.
   */
  status?: 'active' | 'disabled' | undefined;
}

/** The input of `client.webhooks.delete`. */
export interface DeleteWebhookInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.webhooks.rotateSecret`. */
export interface RotateWebhookSecretInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** For how long the secrets of before sign too. 0 ends them at once. */
  overlap_seconds?: number | undefined;
}

/** The input of `client.webhooks.test`. */
export interface TestWebhookInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The outcome of one attempt to deliver. */
export interface WebhookTest {
  /** Whether the endpoint answered 2xx. */
  delivered: boolean;
  /** Its answer; null: there was none. */
  status: number | null;
  /** How long it took. */
  duration_ms: number;
  /** Why it was not delivered. */
  error: string | null;
}

/** The input of `client.webhooks.listDeliveries`. */
export interface ListWebhookDeliveriesInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** `failed`: it was given up. `canceled`: the webhook was disabled while it waited. */
  state?: 'pending' | 'succeeded' | 'failed' | 'canceled' | undefined;
  /** Exactly this type. */
  event_type?: string | undefined;
  /** Made at this moment or later. */
  since?: string | undefined;
  /** Made before this moment. */
  until?: string | undefined;
}

/** A page of deliveries. */
export interface WebhookDeliveryPage {
  /** The rows of this page. */
  items: WebhookDelivery[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The delivery of one event to one webhook. */
export interface WebhookDelivery {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The webhook that it goes to. */
  webhook_id: string;
  /** The id of the event, and `webhook-id` of each attempt. */
  event_id: string;
  /** The type of the event. */
  event_type: string;
  /** `failed`: it was given up. `canceled`: the webhook was disabled while it waited. Others may come. */
  state: 'pending' | 'succeeded' | 'failed' | 'canceled';
  /** How often it was tried. */
  attempts: number;
  /** Not before this moment it is tried again; null: it waits no more. */
  next_attempt_at: string | null;
  /** The delivery of the event that was there before, when this one is of a replay. */
  replay_of: string | null;
  /** When it was created. */
  created_at: string;
}

/** The input of `client.webhooks.getDelivery`. */
export interface GetWebhookDeliveryInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The delivery. */
  delivery_id: string;
}

/** A delivery and what was tried. */
export interface WebhookDeliveryWithAttempts {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The webhook that it goes to. */
  webhook_id: string;
  /** The id of the event, and `webhook-id` of each attempt. */
  event_id: string;
  /** The type of the event. */
  event_type: string;
  /** `failed`: it was given up. `canceled`: the webhook was disabled while it waited. Others may come. */
  state: 'pending' | 'succeeded' | 'failed' | 'canceled';
  /** How often it was tried. */
  attempts: number;
  /** Not before this moment it is tried again; null: it waits no more. */
  next_attempt_at: string | null;
  /** The delivery of the event that was there before, when this one is of a replay. */
  replay_of: string | null;
  /** When it was created. */
  created_at: string;
  /** The newest 100 attempts, newest first. */
  attempts_made: WebhookAttempt[];
}

/** One request to the endpoint. */
export interface WebhookAttempt {
  /** The first is 1. */
  n: number;
  /** When it was sent. */
  started_at: string;
  /** How long it took. */
  duration_ms: number;
  /** The answer; null: there was none. */
  status: number | null;
  /** Why it failed. */
  error: string | null;
  /** The beginning of the answer’s body. */
  excerpt: string | null;
}

/** The input of `client.webhooks.retryDelivery`. */
export interface RetryWebhookDeliveryInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The delivery. */
  delivery_id: string;
}

/** The input of `client.webhooks.replay`. */
export interface ReplayWebhookInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Events that happened at this moment or later. */
  since: string;
  /** Events that happened before this moment. */
  until: string;
  /** Of the events that the webhook wants, those of these types: exact, `tenant.*` or `*`. Absent: `*`. */
  event_types?: string[] | undefined;
  /**
   * Only events whose deliveries failed or were canceled, and never succeeded. False: every event, delivered or not,
   * also of the time when the webhook was disabled or did not exist.
   */
  only_failed?: boolean | undefined;
}

/** What a replay began. */
export interface WebhookReplay {
  /** How many deliveries were made. 10000: there may be more events, so replay again when these are done. */
  deliveries: number;
}
