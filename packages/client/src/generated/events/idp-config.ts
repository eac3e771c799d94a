/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { EventEnvelope } from './access.ts';

/** An SSO configuration was created. */
export interface IdpConfigCreatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'idp_config.created';
  /** Which SSO configuration, and its state. */
  data: IdpConfigState;
}

/** Which SSO configuration, and its state. */
export interface IdpConfigState {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The protocol that it speaks. Others may come. */
  kind: 'oidc' | 'saml';
  /** What people see. */
  alias: string;
  /** `degraded`: the last verification failed. `deactivated`: kept as history. Others may come. */
  status: 'active' | 'degraded' | 'deactivated';
  /** Grows with every change, not with verifications. */
  version: number;
}

/** An SSO configuration was deactivated, and the sessions that began through it ended. */
export interface IdpConfigDeactivatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'idp_config.deactivated';
  /** What `idp_config.deactivated` tells. */
  data: IdpConfigDeactivatedData;
}

/** What `idp_config.deactivated` tells. */
export interface IdpConfigDeactivatedData {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The protocol that it speaks. Others may come. */
  kind: 'oidc' | 'saml';
  /** What people see. */
  alias: string;
  /** `degraded`: the last verification failed. `deactivated`: kept as history. Others may come. */
  status: 'active' | 'degraded' | 'deactivated';
  /** Grows with every change, not with verifications. */
  version: number;
  /** The fields that changed. */
  changed: string[];
  /** The sessions that began through it and ended with it. */
  sessions_ended: number;
}

/** A link to rehearse a sign-in through an SSO configuration was made. */
export interface IdpConfigRehearsalPreparedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'idp_config.rehearsal_prepared';
  /** Which SSO configuration, and its state. */
  data: IdpConfigState;
}

/** A sign-in through a provider was rehearsed: it made neither a session nor a user. */
export interface IdpConfigRehearsedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'idp_config.rehearsed';
  /** How a sign-in through an SSO configuration went. */
  data: SignInOutcome;
}

/** How a sign-in through an SSO configuration went. */
export interface SignInOutcome {
  /** The SSO configuration. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The name of the configuration, for people. */
  alias: string;
  /** What the page was told; null: the sign-in would have gone through. */
  error: string | null;
  /** Which check refused it. */
  reason: string | null;
  /** Whom the provider proved, when it came so far. */
  external_subject: string | null;
}

/** An SSO configuration changed. */
export interface IdpConfigUpdatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'idp_config.updated';
  /** What `idp_config.updated` tells. */
  data: IdpConfigUpdatedData;
}

/** What `idp_config.updated` tells. */
export interface IdpConfigUpdatedData {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The protocol that it speaks. Others may come. */
  kind: 'oidc' | 'saml';
  /** What people see. */
  alias: string;
  /** `degraded`: the last verification failed. `deactivated`: kept as history. Others may come. */
  status: 'active' | 'degraded' | 'deactivated';
  /** Grows with every change, not with verifications. */
  version: number;
  /** The fields that changed. */
  changed: string[];
}

/** An SSO configuration did not pass a verification. */
export interface IdpConfigVerificationFailedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'idp_config.verification_failed';
  /** Which SSO configuration, and what its verification found. */
  data: IdpConfigOutcome;
}

/** Which SSO configuration, and what its verification found. */
export interface IdpConfigOutcome {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The protocol that it speaks. Others may come. */
  kind: 'oidc' | 'saml';
  /** What people see. */
  alias: string;
  /** `degraded`: the last verification failed. `deactivated`: kept as history. Others may come. */
  status: 'active' | 'degraded' | 'deactivated';
  /** Grows with every change, not with verifications. */
  version: number;
  /** What the verification found. */
  findings: (
    | 'discovery_checked'
    | 'keys_checked'
    | 'metadata_checked'
    | 'certificates_checked'
    | 'outbound_refused'
    | 'outbound_failed'
    | 'discovery_invalid'
    | 'issuer_mismatch'
    | 'field_missing'
    | 'endpoint_insecure'
    | 'keys_invalid'
    | 'no_signing_key'
    | 'private_key_published'
    | 'client_secret_unresolved'
    | 'metadata_missing'
    | 'metadata_invalid'
    | 'metadata_expired'
    | 'entity_id_mismatch'
    | 'no_idp_descriptor'
    | 'no_sso_service'
    | 'no_certificate'
    | 'certificate_invalid'
    | 'certificate_not_yet_valid'
    | 'certificate_expired'
    | 'certificate_expires_soon'
  )[];
}

/** An SSO configuration passed a verification. */
export interface IdpConfigVerifiedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'idp_config.verified';
  /** Which SSO configuration, and what its verification found. */
  data: IdpConfigOutcome;
}
