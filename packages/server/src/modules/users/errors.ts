import { defineError, holdingsMember } from '../../kernel/errors.ts';

export const userErrors = {
  userEmailTaken: defineError({
    code: 'user_email_taken',
    status: 'CONFLICT',
    detail: 'That e-mail address already belongs to a user of the tenant.',
    constraint: 'users_tenant_id_email_key',
    pointer: '/email',
  }),
  userNameTaken: defineError({
    code: 'user_name_taken',
    status: 'CONFLICT',
    detail: 'That user name already belongs to a user of the tenant.',
    constraint: 'users_tenant_id_user_name_key',
    pointer: '/user_name',
  }),
  userSubjectTaken: defineError({
    code: 'user_subject_taken',
    status: 'CONFLICT',
    detail: 'That subject already is a user of the tenant.',
    constraint: 'users_tenant_id_external_subject_key',
  }),
  userProvisioned: defineError({
    code: 'user_provisioned',
    status: 'CONFLICT',
    detail: 'E-mail address and name of this user belong to the provider that provisions it: change them there.',
  }),
  userNotLocal: defineError({
    code: 'user_not_local',
    status: 'CONFLICT',
    detail: 'This user signs in at an identity provider and has no password here.',
  }),
  userDisabled: defineError({
    code: 'user_disabled',
    status: 'CONFLICT',
    detail: 'The user is deactivated: activate it first.',
  }),
  userHasHoldings: defineError({
    code: 'user_has_holdings',
    status: 'CONFLICT',
    detail: 'The user still has things that would be lost: see holdings, and send cascade=true to delete them too.',
    members: { holdings: holdingsMember },
    example: {
      members: {
        holdings: {
          ...{ api_keys: 2, group_memberships: 3, role_bindings: 1 },
          ...{ projects: 1, databases: 0, resources: 0, nodes: 0 },
        },
      },
    },
  }),
} as const;
