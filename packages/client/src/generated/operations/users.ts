/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  ActivateUserInput,
  ChangedUser,
  CreateUserInput,
  DeactivateUserInput,
  DeleteUserInput,
  EffectiveGroupPage,
  EndUserSessionsInput,
  GetUserInput,
  IssuePasswordLinkInput,
  ListUserGroupsInput,
  ListUserSessionsInput,
  ListUsersInput,
  PasswordLink,
  SessionPage,
  UpdateUserInput,
  User,
  UserDeactivation,
  UserPage,
} from '../schemas/users.ts';

/** The operations of `client.users`. */
export interface UsersOperations {
  /**
   * Create a user.
   *
   * A user with a password of its own, which it sets with a link. It gets no role whose permissions the caller does not
   * hold.
   *
   * Requires the permission `users:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:users:write`.
   */
  create(input: CreateUserInput, options?: MutationOptions): Result<User>;
  /**
   * List the users of a tenant.
   *
   * Newest first, filtered by e-mail address and by whether they are deactivated.
   *
   * Requires the permission `users:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:users:read`.
   */
  list(input: ListUsersInput, options?: QueryOptions): List<UserPage>;
  /**
   * Get a user.
   *
   * By id.
   *
   * Requires the permission `users:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:users:read`.
   */
  get(input: GetUserInput, options?: QueryOptions): Result<User>;
  /**
   * Change a user.
   *
   * Absent fields stay as they are. The roles count from the next request of the user. A user whom a provider
   * provisions over SCIM has its e-mail address and its name changed there.
   *
   * Requires the permission `users:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:users:write`.
   */
  update(input: UpdateUserInput, options?: MutationOptions): Result<ChangedUser>;
  /**
   * Deactivate a user.
   *
   * From the answer on, nothing accepts a session, an API key or an access token of the user, and its link to set a
   * password is gone. Works in a frozen and an archived tenant too. Repeating it changes nothing. Callers may
   * deactivate themselves.
   *
   * Requires the permission `users:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:users:write`.
   */
  deactivate(input: DeactivateUserInput, options?: MutationOptions): Result<UserDeactivation>;
  /**
   * Activate a user.
   *
   * The user may sign in again, with the roles, groups and levels that it has; sessions, keys and links that ended stay
   * so. Not for a user who may do more than the caller.
   *
   * Requires the permission `users:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:users:write`.
   */
  activate(input: ActivateUserInput, options?: MutationOptions): Result<User>;
  /**
   * Issue a link to set a password.
   *
   * Works once within 24 hours, and replaces the one before. Hand it over yourself: the registry sends no mail. Not for
   * a user who may do more than the caller. Works in a frozen and an archived tenant too.
   *
   * Requires the permission `users:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:users:write`.
   */
  issuePasswordLink(input: IssuePasswordLinkInput, options?: MutationOptions): Result<PasswordLink>;
  /**
   * Delete a user.
   *
   * For good. A user with keys in use, memberships, levels in projects or projects of its own is deleted with
   * `cascade=true` alone, which deletes those too: a project with everything in it. While a database in one of its
   * projects is not deleted, the user stays.
   *
   * Requires the permission `users:delete`. It is held by the roles operator.
   */
  delete(input: DeleteUserInput, options?: MutationOptions): Result<void>;
  /**
   * List the sessions of a user.
   *
   * Those that have not ended, newest first.
   *
   * Requires the permission `users:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:users:read`.
   */
  listSessions(input: ListUserSessionsInput, options?: QueryOptions): List<SessionPage>;
  /**
   * End the sessions of a user.
   *
   * From the answer on, nothing accepts any of them; the user may sign in again. Works in a frozen and an archived
   * tenant too.
   *
   * Requires the permission `users:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:users:write`.
   */
  endSessions(input: EndUserSessionsInput, options?: MutationOptions): Result<void>;
  /**
   * List the groups of a user.
   *
   * Those that it is in itself, and those that it is in through other groups.
   *
   * Requires the permission `users:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:users:read`.
   */
  listGroups(input: ListUserGroupsInput, options?: QueryOptions): List<EffectiveGroupPage>;
}
