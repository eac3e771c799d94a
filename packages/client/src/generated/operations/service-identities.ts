/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  ActivateServiceIdentityInput,
  CreateServiceIdentityInput,
  DeactivateServiceIdentityInput,
  DeleteServiceIdentityInput,
  GetServiceIdentityInput,
  ListServiceIdentitiesInput,
  ListServiceIdentityGroupsInput,
  ServiceIdentity,
  ServiceIdentityDeactivation,
  ServiceIdentityPage,
  UpdateServiceIdentityInput,
} from '../schemas/service-identities.ts';
import type { EffectiveGroupPage } from '../schemas/users.ts';

/** The operations of `client.serviceIdentities`. */
export interface ServiceIdentitiesOperations {
  /**
   * Create a service identity.
   *
   * oidc_cc needs `subject`, `audience` and `idp_config_id`; spiffe_svid a SPIFFE ID as `subject`, and `audience`;
   * api_token none of them. With its token a program sends `X-Tenant-Id`.
   *
   * Requires the permission `service_identities:write`. It is held by the roles operator, admin; API keys with the
   * scope `registry:service_identities:write`. In a project it is also held by the level admin there.
   */
  create(input: CreateServiceIdentityInput, options?: MutationOptions): Result<ServiceIdentity>;
  /**
   * List the service identities of a tenant.
   *
   * Newest first, the deactivated ones too.
   *
   * Requires the permission `service_identities:read`. It is held by the roles operator, support, admin; API keys with
   * the scope `registry:service_identities:read`. In a project it is also held by the level viewer there.
   */
  list(input: ListServiceIdentitiesInput, options?: QueryOptions): List<ServiceIdentityPage>;
  /**
   * Get a service identity.
   *
   * By id.
   *
   * Requires the permission `service_identities:read`. It is held by the roles operator, support, admin; API keys with
   * the scope `registry:service_identities:read`. In a project it is also held by the level viewer there.
   */
  get(input: GetServiceIdentityInput, options?: QueryOptions): Result<ServiceIdentity>;
  /**
   * Change a service identity.
   *
   * Absent fields stay as they are. From the answer on, tokens must name the new audience. Not the audience of one that
   * may do more than the caller.
   *
   * Requires the permission `service_identities:write`. It is held by the roles operator, admin; API keys with the
   * scope `registry:service_identities:write`. In a project it is also held by the level admin there.
   */
  update(input: UpdateServiceIdentityInput, options?: MutationOptions): Result<ServiceIdentity>;
  /**
   * List the groups of a service identity.
   *
   * Those that it is in itself, and those that it is in through other groups.
   *
   * Requires the permission `service_identities:read`. It is held by the roles operator, support, admin; API keys with
   * the scope `registry:service_identities:read`. In a project it is also held by the level viewer there.
   */
  listGroups(input: ListServiceIdentityGroupsInput, options?: QueryOptions): List<EffectiveGroupPage>;
  /**
   * Deactivate a service identity.
   *
   * From the answer on, none of its tokens and keys is accepted. Works in a frozen and an archived tenant too.
   * Deactivating again changes nothing.
   *
   * Requires the permission `service_identities:write`. It is held by the roles operator, admin; API keys with the
   * scope `registry:service_identities:write`. In a project it is also held by the level admin there.
   */
  deactivate(input: DeactivateServiceIdentityInput, options?: MutationOptions): Result<ServiceIdentityDeactivation>;
  /**
   * Activate a service identity.
   *
   * Its tokens are accepted again; its revoked keys stay revoked. Not for one that may do more than the caller.
   *
   * Requires the permission `service_identities:write`. It is held by the roles operator, admin; API keys with the
   * scope `registry:service_identities:write`. In a project it is also held by the level admin there.
   */
  activate(input: ActivateServiceIdentityInput, options?: MutationOptions): Result<ServiceIdentity>;
  /**
   * Delete a service identity.
   *
   * For good. One that has keys, memberships or roles in projects is deleted only with `cascade`.
   *
   * Requires the permission `service_identities:delete`. It is held by the roles operator.
   */
  delete(input: DeleteServiceIdentityInput, options?: MutationOptions): Result<void>;
}
