/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { Webhook } from '../schemas/webhooks.ts';
import type { EventEnvelope } from './access.ts';

/** A webhook was created. */
export interface WebhookCreatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'webhook.created';
  /** An endpoint to which events are delivered. */
  data: Webhook;
}

/** A webhook was deleted. */
export interface WebhookDeletedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'webhook.deleted';
  /** An endpoint to which events are delivered. */
  data: Webhook;
}

/** Deliveries to a webhook were given up: at most one event in ten minutes for each webhook, and not to itself. */
export interface WebhookDeliveriesFailedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'webhook.deliveries_failed';
  /** What `webhook.deliveries_failed` tells. */
  data: WebhookDeliveriesFailedData;
}

/** What `webhook.deliveries_failed` tells. */
export interface WebhookDeliveriesFailedData {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string | null;
  /** Where they were to be delivered. */
  url: string;
  /** How many since the last such event. */
  count: number;
  /** When the first of them was given up. */
  since: string;
}

/** A webhook was disabled, and what waited was canceled. */
export interface WebhookDisabledEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'webhook.disabled';
  /** An endpoint to which events are delivered. */
  data: Webhook;
}

/** A webhook was enabled. */
export interface WebhookEnabledEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'webhook.enabled';
  /** An endpoint to which events are delivered. */
  data: Webhook;
}

/** Events are delivered to a webhook once more: a part of the log, or one delivery. */
export interface WebhookReplayedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'webhook.replayed';
  /** What `webhook.replayed` tells. */
  data: WebhookReplayedData;
}

/** What `webhook.replayed` tells. */
export interface WebhookReplayedData {
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
  /** How many. */
  deliveries: number;
  /** The part of the log; null: it was one delivery. */
  since: string | null;
  /** Where the part of the log ends; null: it was one delivery. */
  until: string | null;
  /** The one delivery; null: it was a part of the log. */
  delivery_id: string | null;
}

/** A webhook got a new secret. */
export interface WebhookSecretRotatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'webhook.secret_rotated';
  /** What `webhook.secret_rotated` tells. */
  data: WebhookSecretRotatedData;
}

/** What `webhook.secret_rotated` tells. */
export interface WebhookSecretRotatedData {
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
  /** For how long the secrets of before sign too. 0 ends them at once. */
  overlap_seconds: number;
}

/** A webhook was changed. */
export interface WebhookUpdatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'webhook.updated';
  /** An endpoint to which events are delivered. */
  data: Webhook;
}
