/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions } from '../../calls/options.ts';
import type { Result } from '../../result.ts';
import type { Entitlement } from '../schemas/catalog.ts';
import type {
  CheckEntitlementInput,
  EntitlementList,
  EntitlementVerdict,
  ListEntitlementsInput,
  RevokeEntitlementInput,
  SetEntitlementInput,
} from '../schemas/entitlements.ts';

/** The operations of `client.entitlements`. */
export interface EntitlementsOperations {
  /**
   * List the entitlements of a tenant.
   *
   * All of them, by product: `active` tells which are running.
   *
   * Requires the permission `entitlements:read`. It is held by the roles operator, support, sales, admin, billing,
   * member; API keys with the scope `registry:entitlements:read`.
   */
  list(input: ListEntitlementsInput, options?: QueryOptions): Result<EntitlementList>;
  /**
   * Entitle a tenant to a product.
   *
   * On exactly these terms, whatever it had: what is absent takes its default. Equal terms change nothing.
   *
   * Requires the permission `entitlements:write`. It is held by the roles operator, sales.
   */
  set(input: SetEntitlementInput, options?: MutationOptions): Result<Entitlement>;
  /**
   * Take a product from a tenant.
   *
   * At once. A trial that the tenant has had stays used.
   *
   * Requires the permission `entitlements:write`. It is held by the roles operator, sales.
   */
  revoke(input: RevokeEntitlementInput, options?: MutationOptions): Result<void>;
  /**
   * May the tenant use the product?.
   *
   * Always answers for a tenant that exists: `allowed` tells, `reason` why. A product that is in no catalog is
   * `not_entitled`.
   *
   * Requires the permission `entitlements:read`. It is held by the roles operator, support, sales, admin, billing,
   * member; API keys with the scope `registry:entitlements:read`.
   */
  check(input: CheckEntitlementInput, options?: QueryOptions): Result<EntitlementVerdict>;
}
