/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  AddGroupChildInput,
  AddGroupMemberInput,
  CreateGroupInput,
  DeleteGroupInput,
  GetGroupInput,
  Group,
  GroupChild,
  GroupMemberAdded,
  GroupMemberPage,
  GroupPage,
  GroupRemoval,
  ListGroupChildrenInput,
  ListGroupMembersInput,
  ListGroupsInput,
  RemoveGroupChildInput,
  RemoveGroupMemberInput,
  UpdateGroupInput,
} from '../schemas/groups.ts';

/** The operations of `client.groups`. */
export interface GroupsOperations {
  /**
   * Create a group.
   *
   * Kept by hand, or with the source `idp` as the mirror of one value of a groups claim: then each sign-in through the
   * configuration makes the memberships of its user equal to the claim.
   *
   * Requires the permission `groups:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:groups:write`.
   */
  create(input: CreateGroupInput, options?: MutationOptions): Result<Group>;
  /**
   * List the groups of a tenant.
   *
   * Newest first, filtered by source.
   *
   * Requires the permission `groups:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:groups:read`.
   */
  list(input: ListGroupsInput, options?: QueryOptions): List<GroupPage>;
  /**
   * Get a group.
   *
   * By id.
   *
   * Requires the permission `groups:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:groups:read`.
   */
  get(input: GetGroupInput, options?: QueryOptions): Result<Group>;
  /**
   * Change a group.
   *
   * Absent fields stay as they are, null takes the role away. What the group mirrors never changes. Who gives a role
   * must hold all that it may do.
   *
   * Requires the permission `groups:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:groups:write`.
   */
  update(input: UpdateGroupInput, options?: MutationOptions): Result<Group>;
  /**
   * Delete a group.
   *
   * With its memberships, its edges to other groups and its role bindings. Its members live on. The answer tells who
   * loses which level by it; with `dry_run` nothing changes. A group that owns a database stays.
   *
   * Requires the permission `groups:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:groups:write`.
   */
  delete(input: DeleteGroupInput, options?: MutationOptions): Result<GroupRemoval>;
  /**
   * Put a member into a group.
   *
   * A user, a service identity or a group, whose members then are in the group too. Adding who is in it changes
   * nothing. Who adds must hold all that the group, and the groups above it, give.
   *
   * Requires the permission `groups:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:groups:write`.
   */
  addMember(input: AddGroupMemberInput, options?: MutationOptions): Result<GroupMemberAdded>;
  /**
   * List who is in a group.
   *
   * Newest first: those in the group itself, or with `effective` every user and service identity in it and in the
   * groups below it, each once.
   *
   * Requires the permission `groups:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:groups:read`.
   */
  listMembers(input: ListGroupMembersInput, options?: QueryOptions): List<GroupMemberPage>;
  /**
   * Take a member out of a group.
   *
   * The answer tells who loses which level by it; with `dry_run` nothing changes. Removing who is not in it changes
   * nothing.
   *
   * Requires the permission `groups:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:groups:write`.
   */
  removeMember(input: RemoveGroupMemberInput, options?: MutationOptions): Result<GroupRemoval>;
  /**
   * Put a group below another one.
   *
   * The members of the child are members of the parent. At most 32 groups are below each other. The caller must hold
   * all that the parent, and the groups above it, give.
   *
   * Requires the permission `groups:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:groups:write`.
   */
  addChild(input: AddGroupChildInput, options?: MutationOptions): Result<GroupChild>;
  /**
   * List the groups below a group.
   *
   * Newest first, directly below it; groups that are its members are in the list of members.
   *
   * Requires the permission `groups:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:groups:read`.
   */
  listChildren(input: ListGroupChildrenInput, options?: QueryOptions): List<GroupPage>;
  /**
   * Take a group from below another one.
   *
   * The answer tells who loses which level by it; with `dry_run` nothing changes. Removing what is not below it changes
   * nothing.
   *
   * Requires the permission `groups:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:groups:write`.
   */
  removeChild(input: RemoveGroupChildInput, options?: MutationOptions): Result<GroupRemoval>;
}
