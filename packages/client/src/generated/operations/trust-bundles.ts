/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  ListTrustBundlesInput,
  RemoveTrustBundleInput,
  SetTrustBundleInput,
  TrustBundle,
  TrustBundlePage,
} from '../schemas/trust-bundles.ts';

/** The operations of `client.trustBundles`. */
export interface TrustBundlesOperations {
  /**
   * Set the keys of a trust domain.
   *
   * JWT-SVIDs of the trust domain are believed by these keys alone. Without `keys` they are fetched from `url`, this
   * once: set the bundle again when the trust domain rotates its keys. Equal keys change nothing.
   *
   * Requires the permission `service_identities:write`. It is held by the roles operator, admin; API keys with the
   * scope `registry:service_identities:write`.
   */
  set(input: SetTrustBundleInput, options?: MutationOptions): Result<TrustBundle>;
  /**
   * List the trust bundles of a tenant.
   *
   * Newest first, with the ids of their keys.
   *
   * Requires the permission `service_identities:read`. It is held by the roles operator, support, admin; API keys with
   * the scope `registry:service_identities:read`.
   */
  list(input: ListTrustBundlesInput, options?: QueryOptions): List<TrustBundlePage>;
  /**
   * Believe a trust domain no more.
   *
   * From the answer on, no JWT-SVID of the trust domain is accepted in the tenant.
   *
   * Requires the permission `service_identities:write`. It is held by the roles operator, admin; API keys with the
   * scope `registry:service_identities:write`.
   */
  remove(input: RemoveTrustBundleInput, options?: MutationOptions): Result<void>;
}
