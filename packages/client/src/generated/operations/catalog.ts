/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  Catalog,
  CatalogRequest,
  CatalogRequestPage,
  Entitlement,
  GrantCatalogRequestInput,
  ListCatalogInput,
  ListCatalogRequestsInput,
  RejectCatalogRequestInput,
  RequestProductInput,
  RequestTrialInput,
} from '../schemas/catalog.ts';

/** The operations of `client.catalog`. */
export interface CatalogOperations {
  /**
   * List the products.
   *
   * Every product that can be asked for, in the order of the catalog.
   *
   * Requires the permission `catalog:read`. It is held by the roles operator, support, sales, admin, billing, member;
   * API keys with the scope `registry:catalog:read`.
   */
  list(input?: ListCatalogInput, options?: QueryOptions): Result<Catalog>;
  /**
   * Ask for a product.
   *
   * An operator grants or rejects it. A tenant has one open request for a product at a time.
   *
   * Requires the permission `catalog:request`. It is held by the roles operator, sales, admin, billing; API keys with
   * the scope `registry:catalog:request`.
   */
  request(input: RequestProductInput, options?: MutationOptions): Result<CatalogRequest>;
  /**
   * Start a trial of a product.
   *
   * Granted at once, for as many days as the catalog says; it ends by itself. Once per tenant and product.
   *
   * Requires the permission `catalog:request`. It is held by the roles operator, sales, admin, billing; API keys with
   * the scope `registry:catalog:request`.
   */
  requestTrial(input: RequestTrialInput, options?: MutationOptions): Result<Entitlement>;
  /**
   * List what was asked for.
   *
   * Requests and trials, newest first, of one tenant or of all, filtered by state.
   *
   * Requires the permission `catalog:read`. It is held by the roles operator, support, sales, admin, billing, member;
   * API keys with the scope `registry:catalog:read`.
   */
  listRequests(input?: ListCatalogRequestsInput, options?: QueryOptions): List<CatalogRequestPage>;
  /**
   * Grant a request.
   *
   * Entitles the tenant to the product as a contract without an end; a trial of it becomes that contract.
   *
   * Requires the permission `catalog:decide`. It is held by the roles operator.
   */
  grantRequest(input: GrantCatalogRequestInput, options?: MutationOptions): Result<CatalogRequest>;
  /**
   * Reject a request.
   *
   * The tenant may ask for the product again.
   *
   * Requires the permission `catalog:decide`. It is held by the roles operator.
   */
  rejectRequest(input: RejectCatalogRequestInput, options?: MutationOptions): Result<CatalogRequest>;
}
