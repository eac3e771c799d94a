/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { WaitOptions } from '../../calls/options.ts';
import type { Result } from '../../result.ts';
import type { GetKeycloakClaimsInput, KeycloakClaims } from '../schemas/claims.ts';

/** The operations of `client.claims`. */
export interface ClaimsOperations {
  /**
   * Get the claims for a token.
   *
   * Finds the tenant by `tenant_id`, `tenant_slug`, `user_attrs.tenant_id` or `user_attrs.tenant_slug`: the first, in
   * that order, that a tenant has. 404 when none has.
   *
   * Requires the permission `claims:read`. It is held by the internal token.
   */
  keycloak(input?: GetKeycloakClaimsInput, options?: WaitOptions): Result<KeycloakClaims>;
}
