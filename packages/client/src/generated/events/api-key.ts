/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { ApiKey } from '../schemas/api-keys.ts';
import type { EventEnvelope } from './access.ts';

/** An API key was created. */
export interface ApiKeyCreatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'api_key.created';
  /** An API key, without its secret. */
  data: ApiKey;
}

/** An API key was revoked. */
export interface ApiKeyRevokedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'api_key.revoked';
  /** An API key, without its secret. */
  data: ApiKey;
}

/** An API key was replaced; the old one ends after its grace. */
export interface ApiKeyRotatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'api_key.rotated';
  /** What `api_key.rotated` tells. */
  data: ApiKeyRotatedData;
}

/** What `api_key.rotated` tells. */
export interface ApiKeyRotatedData {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Bound to this project, or null for the whole tenant. */
  project_id: string | null;
  /** The name, for people. */
  name: string;
  /** The first characters of the key, to recognise it by. */
  prefix: string;
  /** What the key may do, in words of the products. */
  scopes: string[];
  /** When it was created. */
  created_at: string;
  /** From this moment on it is refused; null: it lives until it is revoked. */
  expires_at: string | null;
  /** To within a minute. */
  last_used_at: string | null;
  /** Since when it is refused; null: it is not revoked. */
  revoked_at: string | null;
  /** The key that made it or rotated its predecessor; null: no key did. */
  created_by_key_id: string | null;
  /** The user that owns it: on the registry it may do no more than that user. Null: none. */
  user_id: string | null;
  /** The service identity that owns it: on the registry it may do no more than that. Null: none. */
  service_identity_id: string | null;
  /** The new key; `api_key.created` tells of it. */
  replaced_by: string;
}
