/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  CreateIdpConfigInput,
  DeactivateIdpConfigInput,
  GetIdpConfigInput,
  IdpConfig,
  IdpConfigPage,
  IdpRehearsal,
  IdpVerification,
  ListIdpConfigsInput,
  RehearseIdpConfigInput,
  UpdateIdpConfigInput,
  VerifyIdpConfigInput,
} from '../schemas/idp-configs.ts';

/** The operations of `client.idpConfigs`. */
export interface IdpConfigsOperations {
  /**
   * Create an SSO configuration.
   *
   * It is active at once; verify it to see whether people could sign in. A tenant has one active configuration for an
   * issuer. The client secret itself is never sent here: `client_secret_ref` says where it is kept.
   *
   * Requires the permission `idp_configs:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:idp_configs:write`.
   */
  create(input: CreateIdpConfigInput, options?: MutationOptions): Result<IdpConfig>;
  /**
   * List the SSO configurations of a tenant.
   *
   * Newest first, with all of their history: the deactivated ones are in it unless `status` says otherwise.
   *
   * Requires the permission `idp_configs:read`. It is held by the roles operator, support, admin; API keys with the
   * scope `registry:idp_configs:read`.
   */
  list(input: ListIdpConfigsInput, options?: QueryOptions): List<IdpConfigPage>;
  /**
   * Get an SSO configuration.
   *
   * By id.
   *
   * Requires the permission `idp_configs:read`. It is held by the roles operator, support, admin; API keys with the
   * scope `registry:idp_configs:read`.
   */
  get(input: GetIdpConfigInput, options?: QueryOptions): Result<IdpConfig>;
  /**
   * Change an SSO configuration.
   *
   * Absent fields stay as they are, null clears a field. A change of issuer, client, metadata or status clears
   * `verified_at`. A deactivated configuration takes no change but `status: active`, which brings it back unless
   * another one is active for its issuer.
   *
   * Requires the permission `idp_configs:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:idp_configs:write`.
   */
  update(input: UpdateIdpConfigInput, options?: MutationOptions): Result<IdpConfig>;
  /**
   * Deactivate an SSO configuration.
   *
   * No sign-in through it succeeds any more, and the sessions that began through it end; it stays in the list as
   * history. Deactivating again changes nothing.
   *
   * Requires the permission `idp_configs:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:idp_configs:write`.
   */
  deactivate(input: DeactivateIdpConfigInput, options?: MutationOptions): Result<void>;
  /**
   * Verify an SSO configuration.
   *
   * Always 200: `ok` tells. Of an OIDC provider the discovery document and the keys are fetched and checked, of a SAML
   * provider its metadata and certificates are checked. A tenant has 30 verifications a minute. Success makes the
   * configuration active, failure makes it degraded.
   *
   * Requires the permission `idp_configs:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:idp_configs:write`.
   */
  verify(input: VerifyIdpConfigInput, options?: MutationOptions): Result<IdpVerification>;
  /**
   * Rehearse a sign-in.
   *
   * Returns a link for a browser: it leads to the provider, where a person signs in for real, and back to a report of
   * the claims, what they become here, the groups, and the refusal that a sign-in would have met. It works once, for 10
   * minutes, and makes neither a user nor a session.
   *
   * Requires the permission `idp_configs:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:idp_configs:write`.
   */
  rehearse(input: RehearseIdpConfigInput, options?: MutationOptions): Result<IdpRehearsal>;
}
