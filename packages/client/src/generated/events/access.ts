/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { EventSubject } from '../schemas/events.ts';

/** A credential was accepted, for the first time in an hour. */
export interface AccessCredentialUsedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'access.credential_used';
  /** What `access.credential_used` tells. */
  data: AccessCredentialUsedData;
}

/** What all events have. */
export interface EventEnvelope {
  /**
   * The same wherever the event is told: in the audit log, as `webhook-id`, as id of a feed. Whoever is told twice
   * knows it by this.
   */
  id: string;
  /** When it happened. */
  timestamp: string;
  /** Null: it is about no tenant, or about all of them. */
  tenant_id: string | null;
  /** The project that it belongs to. */
  project_id: string | null;
  /** The key of a product of the catalog. */
  product: string | null;
  /** What changed. Events of one subject are told in the order in which they happened. */
  subject: EventSubject;
}

/** What `access.credential_used` tells. */
export interface AccessCredentialUsedData {
  /** The tenant of the caller; null: it has none. */
  tenant_id: string | null;
  /** The project that the caller is bound to; null: none. */
  project_id: string | null;
  /** The kind of the credential. */
  credential: string;
  /** The caller. */
  actor_id: string;
  /** The name of the caller, for people. */
  actor_name: string;
  /** The roles of the caller. */
  roles: string[];
}

/** A caller asked for changes without holding the permission: one event for all of a short time. */
export interface AccessDeniedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'access.denied';
  /** What `access.denied` tells. */
  data: AccessDeniedData;
}

/** What `access.denied` tells. */
export interface AccessDeniedData {
  /** The tenant of the caller; null: it has none. */
  tenant_id: string | null;
  /** The permission that it lacks. */
  permission: string;
  /** What it asked for. */
  procedure: string;
  /** How many there were. */
  count: number;
  /** When the first came. */
  first_at: string;
  /** When the last came. */
  last_at: string;
}

/** Credentials were refused: one event for all that failed alike from one address in a short time. */
export interface AccessSignInFailedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'access.sign_in_failed';
  /** What `access.sign_in_failed` tells. */
  data: AccessSignInFailedData;
}

/** What `access.sign_in_failed` tells. */
export interface AccessSignInFailedData {
  /** The kind of the credentials. */
  credential: string;
  /** Why they were refused. */
  reason: string;
  /** The address that they came from. */
  source_ip: string;
  /** How many there were. */
  count: number;
  /** When the first came. */
  first_at: string;
  /** When the last came. */
  last_at: string;
}
