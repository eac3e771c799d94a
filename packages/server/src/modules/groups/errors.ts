import { defineError, holdingsMember } from '../../kernel/errors.ts';

export const groupErrors = {
  groupSlugTaken: defineError({
    code: 'group_slug_taken',
    status: 'CONFLICT',
    detail: 'That slug already belongs to a group of the tenant.',
    constraint: 'groups_domain_slug_uq',
    pointer: '/slug',
  }),
  groupClaimTaken: defineError({
    code: 'group_claim_taken',
    status: 'CONFLICT',
    detail: 'Another group of the tenant already mirrors that claim value of the configuration.',
    constraint: 'groups_tenant_id_idp_config_id_idp_claim_value_key',
    pointer: '/idp_claim_value',
  }),
  groupSourceInvalid: defineError({
    code: 'group_source_invalid',
    status: 'BAD_REQUEST',
    detail:
      'A group with the source idp names an active OIDC configuration of the tenant and a claim value; a group with the source manual names neither.',
    constraint: 'groups_source_idp_requires_binding',
    pointer: '/source',
  }),
  groupSourceImmutable: defineError({
    code: 'group_source_immutable',
    status: 'BAD_REQUEST',
    detail: 'What a group mirrors never changes: create another group instead.',
    pointer: '/source',
  }),
  groupSourceMismatch: defineError({
    code: 'group_source_mismatch',
    status: 'CONFLICT',
    detail: 'The members of this group are those that the identity provider names: change them there.',
    constraint: 'group_memberships_source_matches_parent',
  }),
  groupProvisioned: defineError({
    code: 'group_provisioned',
    status: 'CONFLICT',
    detail: 'The members of this group are provisioned over SCIM: change them there.',
  }),
  groupParentExists: defineError({
    code: 'group_parent_exists',
    status: 'CONFLICT',
    detail: 'The group already is a child of this one.',
    constraint: 'group_parents_pkey',
  }),
  groupSelfParent: defineError({
    code: 'group_self_parent',
    status: 'BAD_REQUEST',
    detail: 'A group cannot be in itself.',
    constraint: ['group_parents_no_self_parent', 'group_memberships_no_self_member'],
  }),
  groupCycle: defineError({
    code: 'group_cycle',
    status: 'CONFLICT',
    detail: 'This group is already in the other one, directly or through others, so the other one cannot be in it.',
  }),
  groupTooDeep: defineError({
    code: 'group_too_deep',
    status: 'CONFLICT',
    detail: 'More than 32 groups would be in each other in a chain.',
  }),
  groupHasDatabases: defineError({
    code: 'group_has_databases',
    status: 'CONFLICT',
    detail: 'The group owns databases that are not deleted: give them to another team, or delete them first.',
    members: { holdings: holdingsMember },
    example: { members: { holdings: { databases: 2 } } },
  }),
} as const;
