/** The shapes of groups: what comes in, what goes out, what happened. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { tenantRoles } from '../../kernel/permissions.ts';
import { id, name, textUpTo, timestamp } from '../../kernel/schema.ts';
import { dryRun, lossFields, principal, principalType } from '../access/schema.ts';

const SLUG_LENGTH_MAX = 64;
const CLAIM_VALUE_LENGTH_MAX = 500;

const source = z.enum(['manual', 'idp']).describe('Whether it is kept by hand, or mirrors a claim of a provider.');
const tenantRole = z.enum(tenantRoles);

const about = {
  slug: { description: 'Unique in the tenant.', examples: ['plant-operators'] },
  display_name: { description: 'What people see.', examples: ['Plant operators'] },
  idp_config_id: 'The SSO configuration whose claim it mirrors; null for a group that is kept by hand.',
  idp_claim_value: {
    description: 'The value of the claim that it stands for; null for a group that is kept by hand.',
    examples: [null],
  },
  tenant_role: {
    description: 'The role in the tenant that its members have, direct ones and those of groups below; null: none.',
    examples: ['member'],
  },
} as const;

export const group = z
  .object({
    id,
    tenant_id: id,
    slug: textUpTo(SLUG_LENGTH_MAX).meta(about.slug),
    display_name: textUpTo(200).meta(about.display_name),
    source,
    idp_config_id: id.nullable().describe(about.idp_config_id),
    idp_claim_value: textUpTo(CLAIM_VALUE_LENGTH_MAX).nullable().meta(about.idp_claim_value),
    tenant_role: tenantRole.nullable().meta(about.tenant_role),
    provisioned_by: z
      .enum(['api', 'scim'])
      .describe('Through what it came; members of `scim` are changed there alone.'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Group', description: 'People, programs and other groups of a tenant that belong together.' });
export type Group = z.infer<typeof group>;

/** Lower case letters and digits, in parts with a dash in between. The check groups_slug_check holds this rule too. */
export const groupSlug = z
  .string()
  .max(SLUG_LENGTH_MAX)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower case letters and digits, with single dashes in between')
  .meta({ minLength: 1 });

export const groupId = z.strictObject({ id });

export const deleteGroupInput = z.strictObject({ id, dry_run: dryRun });
export type DeleteGroup = z.output<typeof deleteGroupInput>;

/** What the removal of a group, a member or a child answers. */
export const groupRemoval = z
  .object({
    removed: z
      .boolean()
      .meta({ description: 'False when there was nothing to remove, and nothing changed.', examples: [true] }),
    ...lossFields,
  })
  .meta({ id: 'GroupRemoval', description: 'What a removal took away, or would take away.' });
export type GroupRemoval = z.infer<typeof groupRemoval>;

export const createGroupInput = z.strictObject({
  tenant_id: id,
  slug: groupSlug.meta(about.slug),
  display_name: name.meta(about.display_name),
  source: source.default('manual'),
  idp_config_id: id.nullish().describe('With the source `idp`: an active OIDC configuration of the tenant.'),
  idp_claim_value: z
    .string()
    .min(1)
    .max(CLAIM_VALUE_LENGTH_MAX)
    .nullish()
    .describe('With the source `idp`: the value of the groups claim that the group stands for.'),
  tenant_role: tenantRole.nullish().meta(about.tenant_role),
});
export type CreateGroup = z.output<typeof createGroupInput>;

export const listGroupsInput = z.strictObject({
  ...pageInput,
  tenant_id: id,
  source: source.optional().describe('Only those of this source.'),
});
export type ListGroups = z.output<typeof listGroupsInput>;

export const groupPage = pageOf(group).meta({ id: 'GroupPage', description: 'A page of groups.' });

// Known, so that sending it can be answered better than "unknown field".
const immutable = z
  .unknown()
  .optional()
  .meta({ readOnly: true, description: 'Never changes: sending it gives 400 `group_source_immutable`.' });

export const updateGroupInput = z.strictObject({
  id,
  slug: groupSlug.optional().meta(about.slug),
  display_name: name.optional().meta(about.display_name),
  tenant_role: tenantRole.nullish().meta(about.tenant_role),
  source: immutable,
  idp_config_id: immutable,
  idp_claim_value: immutable,
});
export type UpdateGroup = z.output<typeof updateGroupInput>;

export const addGroupMemberInput = z.strictObject({
  id,
  principal: principal.describe('The user, service identity or group that becomes a member.'),
});
export type AddGroupMember = z.output<typeof addGroupMemberInput>;

export const groupMemberAdded = z
  .object({ added: z.boolean().describe('False when it was a member already, and nothing changed.') })
  .meta({ id: 'GroupMemberAdded', description: 'Whether the group has a new member.' });
export type GroupMemberAdded = z.infer<typeof groupMemberAdded>;

export const removeGroupMemberInput = z.strictObject({
  id,
  principal_type: principalType,
  principal_id: id.meta({
    description: 'The member that is taken out.',
    examples: ['0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0'],
  }),
  dry_run: dryRun,
});
export type RemoveGroupMember = z.output<typeof removeGroupMemberInput>;

export const listGroupMembersInput = z.strictObject({
  ...pageInput,
  id,
  effective: z
    .boolean()
    .default(false)
    .describe('Whether the users and service identities of all groups below are listed too, and no groups.'),
});
export type ListGroupMembers = z.output<typeof listGroupMembersInput>;

const groupMember = z
  .object({
    principal: z
      .object({ type: principalType, id, name: textUpTo(200).meta({ examples: ['Ada Lovelace'] }) })
      .describe('Who it is.'),
    source,
    depth: z
      .int()
      .min(1)
      .max(32)
      .meta({
        description: '1 in the group itself, and one more for each group in between; the least of several.',
        examples: [1],
      }),
    created_at: timestamp,
  })
  .meta({ id: 'GroupMember', description: 'A membership in a group.' });

export const groupMemberPage = pageOf(groupMember).meta({ id: 'GroupMemberPage', description: 'A page of members.' });

export const addGroupChildInput = z.strictObject({ id, child_id: id.describe('The group that is put below.') });
export type AddGroupChild = z.output<typeof addGroupChildInput>;

export const groupChild = z
  .object({
    parent_id: id.describe('The group above.'),
    child_id: id.describe('The group below: its members are members of the one above.'),
    created_at: timestamp,
  })
  .meta({
    id: 'GroupChild',
    description: 'A group below another one: the members of the child are members of the parent.',
  });
export type GroupChild = z.infer<typeof groupChild>;

export const listGroupChildrenInput = z.strictObject({ ...pageInput, id });
export type ListGroupChildren = z.output<typeof listGroupChildrenInput>;

export const removeGroupChildInput = z.strictObject({
  id,
  child_id: id.meta({ description: 'The group below.', examples: ['0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0'] }),
  dry_run: dryRun,
});
export type RemoveGroupChild = z.output<typeof removeGroupChildInput>;

const subject = ({ id, tenant_id, display_name }: Group) => ({
  tenant_id,
  target: { type: 'group', id, name: display_name },
});
const withMember = group
  .extend({ member: z.object({ type: principalType, id }).describe('The user, service identity or group.') })
  .meta({ id: 'GroupWithMember', description: 'A group, and who came into it or left it.' });
const withChild = group
  .extend({ child_id: id.describe('The group below.') })
  .meta({ id: 'GroupWithChild', description: 'A group, and the group that was put below it or taken from there.' });

export const groupEvents = {
  created: defineEvent({ type: 'group.created', description: 'A group was created.', payload: group, subject }),
  updated: defineEvent({
    type: 'group.updated',
    description: 'Slug, name or role of a group changed.',
    payload: group,
    subject,
    authority: true,
  }),
  deleted: defineEvent({
    type: 'group.deleted',
    description: 'A group was deleted, with its memberships and its edges to the groups below it.',
    payload: group,
    subject,
    authority: true,
  }),
  memberAdded: defineEvent({
    type: 'group.member_added',
    description: 'A user, service identity or group was put into a group.',
    payload: withMember,
    subject,
    authority: true,
  }),
  memberRemoved: defineEvent({
    type: 'group.member_removed',
    description: 'A user, service identity or group was taken out of a group.',
    payload: withMember,
    subject,
    authority: true,
  }),
  childAdded: defineEvent({
    type: 'group.child_added',
    description: 'A group was put below another one.',
    payload: withChild,
    subject,
    authority: true,
  }),
  childRemoved: defineEvent({
    type: 'group.child_removed',
    description: 'A group was taken from below another one.',
    payload: withChild,
    subject,
    authority: true,
  }),
} as const;
