/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  ListRoleBindingsInput,
  RemovedRoleBinding,
  RemoveRoleBindingInput,
  RoleBinding,
  RoleBindingPage,
  SetRoleBindingInput,
} from '../schemas/role-bindings.ts';

/** The operations of `client.roleBindings`. */
export interface RoleBindingsOperations {
  /**
   * Give a level in a project.
   *
   * To a user, a service identity or a group, in place of the level that it has. The caller must hold all permissions
   * of the level in the project. The level that it has already changes nothing.
   *
   * Requires the permission `role_bindings:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:role_bindings:write`. In a project it is also held by the level admin there.
   */
  set(input: SetRoleBindingInput, options?: MutationOptions): Result<RoleBinding>;
  /**
   * List the role bindings of a project.
   *
   * Newest first. Roles in the tenant reach every project, and are no bindings.
   *
   * Requires the permission `role_bindings:read`. It is held by the roles operator, support, admin; API keys with the
   * scope `registry:role_bindings:read`. In a project it is also held by the level admin there.
   */
  list(input: ListRoleBindingsInput, options?: QueryOptions): List<RoleBindingPage>;
  /**
   * Take a level in a project away.
   *
   * The answer tells who loses which level by it; with `dry_run` nothing changes. From the answer on, no request is
   * allowed by the binding. Removing a binding that is not there changes nothing.
   *
   * Requires the permission `role_bindings:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:role_bindings:write`. In a project it is also held by the level admin there.
   */
  remove(input: RemoveRoleBindingInput, options?: MutationOptions): Result<RemovedRoleBinding>;
}
