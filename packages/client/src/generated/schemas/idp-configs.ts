/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { JsonObject } from './catalog.ts';

/** The input of `client.idpConfigs.create`. */
export interface CreateIdpConfigInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The protocol that it speaks. */
  kind: 'oidc' | 'saml';
  /** What people see. */
  alias: string;
  /**
   * Of an OIDC provider its https URL, exactly as its discovery document names it; of a SAML provider its entity ID.
   */
  issuer: string;
  /** What the provider knows the registry by. */
  client_id?: string | null | undefined;
  /**
   * Where the client secret is kept: `file:NAME` in the tenant’s folder of SECRETS_DIR, or `env:IDP_SECRET_` with the
   * tenant’s id (`_` for `-`) and `_NAME`. Null: a public client. Never the secret itself.
   */
  client_secret_ref?: string | null | undefined;
  /**
   * At most 32 KiB of JSON. Of a SAML provider, `xml` is its metadata: an EntityDescriptor without a DTD, at most 16
   * levels deep and with at most 32 namespaces at one place. Absent: `{}`.
   */
  metadata?: JsonObject | undefined;
  /**
   * Which claim of the provider becomes what: `subject`, `email`, `name`, `groups`, `roles` and `scim` each hold the
   * name of a claim, or a path of names with dots between them. `role_map` says which of the provider’s roles is
   * `admin`, `billing` or `member` here; with `roles` a person’s roles are set at each sign-in. With `scim` somebody
   * provisioned is recognized at the first sign-in by external id or user name. Without them: `sub`, `email`, `name`,
   * `groups`. Other members are kept and mean nothing. At most 32 KiB of JSON. Absent: `{}`.
   */
  claim_mappings?: JsonObject | undefined;
  /** A sign-in must have one of these context classes; empty or null: any will do. Absent: `[]`. */
  required_acr?: string[] | undefined;
  /** A sign-in must have used all of these methods. Absent: `[]`. */
  required_amr?: string[] | undefined;
  /** Whether somebody unknown gets an account at the first sign-in. */
  jit_policy?: 'allow' | 'deny' | undefined;
}

/** An identity provider through which people of a tenant sign in. */
export interface IdpConfig {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The protocol that it speaks. Others may come. */
  kind: 'oidc' | 'saml';
  /** What people see. */
  alias: string;
  /**
   * Of an OIDC provider its https URL, exactly as its discovery document names it; of a SAML provider its entity ID.
   */
  issuer: string;
  /** What the provider knows the registry by. */
  client_id: string | null;
  /**
   * Where the client secret is kept: `file:NAME` in the tenant’s folder of SECRETS_DIR, or `env:IDP_SECRET_` with the
   * tenant’s id (`_` for `-`) and `_NAME`. Null: a public client. Never the secret itself.
   */
  client_secret_ref: string | null;
  /**
   * At most 32 KiB of JSON. Of a SAML provider, `xml` is its metadata: an EntityDescriptor without a DTD, at most 16
   * levels deep and with at most 32 namespaces at one place.
   */
  metadata: JsonObject;
  /**
   * Which claim of the provider becomes what: `subject`, `email`, `name`, `groups`, `roles` and `scim` each hold the
   * name of a claim, or a path of names with dots between them. `role_map` says which of the provider’s roles is
   * `admin`, `billing` or `member` here; with `roles` a person’s roles are set at each sign-in. With `scim` somebody
   * provisioned is recognized at the first sign-in by external id or user name. Without them: `sub`, `email`, `name`,
   * `groups`. Other members are kept and mean nothing. At most 32 KiB of JSON.
   */
  claim_mappings: JsonObject;
  /** A sign-in must have one of these context classes; empty or null: any will do. */
  required_acr: string[];
  /** A sign-in must have used all of these methods. */
  required_amr: string[];
  /** Whether somebody unknown gets an account at the first sign-in. Others may come. */
  jit_policy: 'allow' | 'deny';
  /** `degraded`: the last verification failed. `deactivated`: kept as history. Others may come. */
  status: 'active' | 'degraded' | 'deactivated';
  /** When it last passed a verification; null since a change that matters to it. */
  verified_at: string | null;
  /** Grows with every change, not with verifications. */
  version: number;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
}

/** The input of `client.idpConfigs.list`. */
export interface ListIdpConfigsInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Only those in this status. */
  status?: 'active' | 'degraded' | 'deactivated' | undefined;
}

/** A page of SSO configurations. */
export interface IdpConfigPage {
  /** The rows of this page. */
  items: IdpConfig[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The input of `client.idpConfigs.get`. */
export interface GetIdpConfigInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.idpConfigs.update`. */
export interface UpdateIdpConfigInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** What people see. */
  alias?: string | undefined;
  /**
   * Of an OIDC provider its https URL, exactly as its discovery document names it; of a SAML provider its entity ID.
   */
  issuer?: string | undefined;
  /** What the provider knows the registry by. */
  client_id?: string | null | undefined;
  /**
   * Where the client secret is kept: `file:NAME` in the tenant’s folder of SECRETS_DIR, or `env:IDP_SECRET_` with the
   * tenant’s id (`_` for `-`) and `_NAME`. Null: a public client. Never the secret itself.
   */
  client_secret_ref?: string | null | undefined;
  /**
   * At most 32 KiB of JSON. Of a SAML provider, `xml` is its metadata: an EntityDescriptor without a DTD, at most 16
   * levels deep and with at most 32 namespaces at one place.
   */
  metadata?: JsonObject | undefined;
  /**
   * Which claim of the provider becomes what: `subject`, `email`, `name`, `groups`, `roles` and `scim` each hold the
   * name of a claim, or a path of names with dots between them. `role_map` says which of the provider’s roles is
   * `admin`, `billing` or `member` here; with `roles` a person’s roles are set at each sign-in. With `scim` somebody
   * provisioned is recognized at the first sign-in by external id or user name. Without them: `sub`, `email`, `name`,
   * `groups`. Other members are kept and mean nothing. At most 32 KiB of JSON.
   */
  claim_mappings?: JsonObject | undefined;
  /** A sign-in must have one of these context classes; empty or null: any will do. */
  required_acr?: string[] | null | undefined;
  /** A sign-in must have used all of these methods. */
  required_amr?: string[] | null | undefined;
  /** Whether somebody unknown gets an account at the first sign-in. */
  jit_policy?: 'allow' | 'deny' | undefined;
  /** `active` brings a configuration back, `deactivated` does what DELETE does. */
  status?: 'active' | 'deactivated' | undefined;
}

/** The input of `client.idpConfigs.deactivate`. */
export interface DeactivateIdpConfigInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.idpConfigs.verify`. */
export interface VerifyIdpConfigInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** What a verification found, and the configuration as it is after it. */
export interface IdpVerification {
  /** Whether nothing was found that is an error. */
  ok: boolean;
  /** When it was verified. */
  checked_at: string;
  /** Everything that was found. */
  findings: IdpFinding[];
  /** Of a SAML provider: what it signs with. */
  certificates?: IdpCertificate[] | undefined;
  /** An identity provider through which people of a tenant sign in. */
  idp_config: IdpConfig;
}

/** One thing that a verification found. */
export interface IdpFinding {
  /** An error means that no sign-in can succeed like that. Others may come. */
  severity: 'error' | 'warning' | 'info';
  /** The kind of finding. Others may come. */
  code:
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
    | 'certificate_expires_soon';
  /** What was found, for people. */
  message: string;
}

/** A certificate that a SAML provider signs with. */
export interface IdpCertificate {
  /** Whom it names. */
  subject: string;
  /** Upper case hexadecimal pairs with colons. */
  fingerprint_sha256: string;
  /** The first moment at which it is valid. */
  not_before: string;
  /** The last moment at which it is valid. */
  not_after: string;
}

/** The input of `client.idpConfigs.rehearse`. */
export interface RehearseIdpConfigInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** A link that rehearses a sign-in. */
export interface IdpRehearsal {
  /**
   * Open it in a browser, once: it leads to the provider and back to a report. Shown here and never again: absent only
   * in the replay of a request with an Idempotency-Key.
   */
  url?: string | undefined;
  /** The link works until then. */
  expires_at: string;
}
