/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  CreateResourceInput,
  DeleteResourceInput,
  GetResourceInput,
  ListResourcesInput,
  Resource,
  ResourcePage,
  UpdateResourceInput,
} from '../schemas/resources.ts';

/** The operations of `client.resources`. */
export interface ResourcesOperations {
  /**
   * Create a resource.
   *
   * What runs machines of the project: its nodes belong to it.
   *
   * Requires the permission `nodes:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:nodes:write`. In a project it is also held by the level admin there.
   */
  create(input: CreateResourceInput, options?: MutationOptions): Result<Resource>;
  /**
   * List the resources of a tenant.
   *
   * Newest first, filtered by project and kind.
   *
   * Requires the permission `nodes:read`. It is held by the roles operator, support, admin, member; API keys with the
   * scope `registry:nodes:read`. In a project it is also held by the level viewer there.
   */
  list(input: ListResourcesInput, options?: QueryOptions): List<ResourcePage>;
  /**
   * Get a resource.
   *
   * By id.
   *
   * Requires the permission `nodes:read`. It is held by the roles operator, support, admin, member; API keys with the
   * scope `registry:nodes:read`. In a project it is also held by the level viewer there.
   */
  get(input: GetResourceInput, options?: QueryOptions): Result<Resource>;
  /**
   * Change a resource.
   *
   * Absent fields stay as they are, null clears `external_ref`. Project and origin never change.
   *
   * Requires the permission `nodes:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:nodes:write`. In a project it is also held by the level admin there.
   */
  update(input: UpdateResourceInput, options?: MutationOptions): Result<Resource>;
  /**
   * Delete a resource.
   *
   * For good, also in an archived project. Refused while it has nodes, the deregistered ones too: delete those first.
   *
   * Requires the permission `nodes:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:nodes:write`. In a project it is also held by the level admin there.
   */
  delete(input: DeleteResourceInput, options?: MutationOptions): Result<void>;
}
