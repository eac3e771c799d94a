/** Groups on the wire: one expression per endpoint. */
import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { idpConfigErrors } from '../idp-configs/errors.ts';
import { roleBindingErrors } from '../role-bindings/errors.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { groupErrors } from './errors.ts';
import {
  addGroupChildInput,
  addGroupMemberInput,
  createGroupInput,
  deleteGroupInput,
  group,
  groupChild,
  groupId,
  groupMemberAdded,
  groupMemberPage,
  groupPage,
  groupRemoval,
  listGroupChildrenInput,
  listGroupMembersInput,
  listGroupsInput,
  removeGroupChildInput,
  removeGroupMemberInput,
  updateGroupInput,
} from './schema.ts';
import {
  addGroupChild,
  addGroupMember,
  createGroup,
  deleteGroup,
  getGroup,
  listGroupChildren,
  listGroupMembers,
  listGroups,
  removeGroupChild,
  removeGroupMember,
  updateGroup,
} from './service.ts';

const on = routes({ tag: 'Groups', tenancy: tenancyErrors });

/** DELETE whose answer tells who loses which level by it. */
const removal = (...route: Parameters<typeof on.remove>) => ({ ...on.remove(...route), status: 200 }) as const;

const ofEdges = [
  kernelErrors.quotaExceeded,
  roleBindingErrors.principalNotFound,
  groupErrors.groupSelfParent,
  groupErrors.groupCycle,
  groupErrors.groupTooDeep,
];
const ofOthersMembers = [groupErrors.groupSourceMismatch, groupErrors.groupProvisioned];

export const groupsRouter = router({
  create: procedure('groups:write')
    .meta({
      rest: on.create('/v1/groups', {
        operation: 'create_group',
        summary: 'Create a group',
        description:
          'Kept by hand, or with the source `idp` as the mirror of one value of a groups claim: then each sign-in through the configuration makes the memberships of its user equal to the claim.',
        errors: [
          kernelErrors.quotaExceeded,
          kernelErrors.boundToProject,
          groupErrors.groupSlugTaken,
          groupErrors.groupClaimTaken,
          groupErrors.groupSourceInvalid,
          idpConfigErrors.idpConfigNotFound,
        ],
        inTenant: 'write',
      }),
    })
    .input(createGroupInput)
    .output(group)
    .mutation(({ ctx, input }) => createGroup(ctx, input)),

  list: procedure('groups:read')
    .meta({
      rest: on.list('/v1/groups', {
        operation: 'list_groups',
        summary: 'List the groups of a tenant',
        description: 'Newest first, filtered by source.',
        inTenant: 'read',
      }),
    })
    .input(listGroupsInput)
    .output(groupPage)
    .query(({ ctx, input }) => listGroups(ctx, input)),

  get: procedure('groups:read')
    .meta({
      rest: on.get('/v1/groups/{id}', {
        operation: 'get_group',
        summary: 'Get a group',
        description: 'By id.',
        inTenant: 'read',
      }),
    })
    .input(groupId)
    .output(group)
    .query(({ ctx, input }) => getGroup(ctx, input.id)),

  update: procedure('groups:write')
    .meta({
      rest: on.update('/v1/groups/{id}', {
        operation: 'update_group',
        summary: 'Change a group',
        description:
          'Absent fields stay as they are, null takes the role away. What the group mirrors never changes. Who gives a role must hold all that it may do.',
        errors: [groupErrors.groupSourceImmutable, groupErrors.groupSlugTaken],
        inTenant: 'write',
      }),
    })
    .input(updateGroupInput)
    .output(group)
    .mutation(({ ctx, input }) => updateGroup(ctx, input)),

  delete: procedure('groups:write')
    .meta({
      rest: removal('/v1/groups/{id}', {
        operation: 'delete_group',
        summary: 'Delete a group',
        description:
          'With its memberships, its edges to other groups and its role bindings. Its members live on. The answer tells who loses which level by it; with `dry_run` nothing changes. A group that owns a database stays.',
        errors: [groupErrors.groupHasDatabases],
        inTenant: 'write',
      }),
    })
    .input(deleteGroupInput)
    .output(groupRemoval)
    .mutation(({ ctx, input }) => deleteGroup(ctx, input)),

  addMember: procedure('groups:write')
    .meta({
      rest: on.ask('/v1/groups/{id}/members', {
        operation: 'add_group_member',
        summary: 'Put a member into a group',
        description:
          'A user, a service identity or a group, whose members then are in the group too. Adding who is in it changes nothing. Who adds must hold all that the group, and the groups above it, give.',
        errors: [...ofEdges, ...ofOthersMembers],
        inTenant: 'write',
      }),
    })
    .input(addGroupMemberInput)
    .output(groupMemberAdded)
    .mutation(({ ctx, input }) => addGroupMember(ctx, input)),

  listMembers: procedure('groups:read')
    .meta({
      rest: on.list('/v1/groups/{id}/members', {
        operation: 'list_group_members',
        summary: 'List who is in a group',
        description:
          'Newest first: those in the group itself, or with `effective` every user and service identity in it and in the groups below it, each once.',
        inTenant: 'read',
      }),
    })
    .input(listGroupMembersInput)
    .output(groupMemberPage)
    .query(({ ctx, input }) => listGroupMembers(ctx, input)),

  removeMember: procedure('groups:write')
    .meta({
      rest: removal('/v1/groups/{id}/members', {
        operation: 'remove_group_member',
        summary: 'Take a member out of a group',
        description:
          'The answer tells who loses which level by it; with `dry_run` nothing changes. Removing who is not in it changes nothing.',
        errors: ofOthersMembers,
        inTenant: 'write',
      }),
    })
    .input(removeGroupMemberInput)
    .output(groupRemoval)
    .mutation(({ ctx, input }) => removeGroupMember(ctx, input)),

  addChild: procedure('groups:write')
    .meta({
      rest: on.create('/v1/groups/{id}/children', {
        operation: 'add_group_child',
        summary: 'Put a group below another one',
        description:
          'The members of the child are members of the parent. At most 32 groups are below each other. The caller must hold all that the parent, and the groups above it, give.',
        errors: [...ofEdges, groupErrors.groupParentExists],
        inTenant: 'write',
        etag: false,
        location: false,
      }),
    })
    .input(addGroupChildInput)
    .output(groupChild)
    .mutation(({ ctx, input }) => addGroupChild(ctx, input)),

  listChildren: procedure('groups:read')
    .meta({
      rest: on.list('/v1/groups/{id}/children', {
        operation: 'list_group_children',
        summary: 'List the groups below a group',
        description: 'Newest first, directly below it; groups that are its members are in the list of members.',
        inTenant: 'read',
      }),
    })
    .input(listGroupChildrenInput)
    .output(groupPage)
    .query(({ ctx, input }) => listGroupChildren(ctx, input)),

  removeChild: procedure('groups:write')
    .meta({
      rest: removal('/v1/groups/{id}/children/{child_id}', {
        operation: 'remove_group_child',
        summary: 'Take a group from below another one',
        description:
          'The answer tells who loses which level by it; with `dry_run` nothing changes. Removing what is not below it changes nothing.',
        inTenant: 'write',
      }),
    })
    .input(removeGroupChildInput)
    .output(groupRemoval)
    .mutation(({ ctx, input }) => removeGroupChild(ctx, input)),
});
