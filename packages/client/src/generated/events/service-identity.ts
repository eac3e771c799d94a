/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { ServiceIdentity } from '../schemas/service-identities.ts';
import type { EventEnvelope } from './access.ts';

/** A service identity was activated again; its revoked keys stay revoked. */
export interface ServiceIdentityActivatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'service_identity.activated';
  /** A program of a tenant that is known by itself. */
  data: ServiceIdentity;
}

/** A service identity was created. */
export interface ServiceIdentityCreatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'service_identity.created';
  /** A program of a tenant that is known by itself. */
  data: ServiceIdentity;
}

/** A service identity was deactivated, and its keys were revoked. */
export interface ServiceIdentityDeactivatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'service_identity.deactivated';
  /** What `service_identity.deactivated` tells. */
  data: ServiceIdentityDeactivatedData;
}

/** What `service_identity.deactivated` tells. */
export interface ServiceIdentityDeactivatedData {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Bound to this project, or null for the whole tenant. */
  project_id: string | null;
  /** For people to read. */
  display_name: string;
  /**
   * By what it is known: access tokens of an OpenID provider (client credentials), JWT-SVIDs of a SPIFFE trust domain,
   * or API keys that it owns. Others may come.
   */
  federation_kind: 'oidc_cc' | 'spiffe_svid' | 'api_token';
  /** `sub` of its tokens, unique in the tenant; of an api_token, a name that the registry made. */
  subject: string;
  /** What `aud` of its tokens must name; null for api_token. */
  audience: string | null;
  /** The SSO configuration whose issuer makes its tokens; null unless it is an oidc_cc. */
  idp_config_id: string | null;
  /** Since when it is deactivated; null: it is active. */
  disabled_at: string | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** The keys of its own that are revoked. */
  api_keys_revoked: number;
}

/** A service identity was deleted with all that it had. */
export interface ServiceIdentityDeletedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'service_identity.deleted';
  /** A program of a tenant that is known by itself. */
  data: ServiceIdentity;
}

/** Name or audience of a service identity changed. */
export interface ServiceIdentityUpdatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'service_identity.updated';
  /** A program of a tenant that is known by itself. */
  data: ServiceIdentity;
}
