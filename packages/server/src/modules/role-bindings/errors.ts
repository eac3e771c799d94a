import { defineError } from '../../kernel/errors.ts';

export const roleBindingErrors = {
  principalNotFound: defineError({
    code: 'principal_not_found',
    status: 'NOT_FOUND',
    detail: 'The tenant has no such user, service identity, group or API key.',
    constraint: [
      'role_bindings_tenant_id_user_id_fkey',
      'role_bindings_tenant_id_service_identity_id_fkey',
      'role_bindings_tenant_id_group_id_fkey',
      'group_memberships_tenant_id_principal_user_id_fkey',
      'group_memberships_tenant_id_principal_service_identity_id_fkey',
      'group_memberships_tenant_id_principal_group_id_fkey',
      'group_parents_tenant_id_child_id_fkey',
    ],
    pointer: '/principal/id',
  }),
} as const;
