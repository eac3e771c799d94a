import { defineError, holdingsMember } from '../../kernel/errors.ts';

export const tenantErrors = {
  slugTaken: defineError({
    code: 'slug_taken',
    status: 'CONFLICT',
    detail: 'That slug already belongs to a tenant.',
    constraint: 'tenants_slug_key',
    pointer: '/slug',
  }),
  slugImmutable: defineError({
    code: 'slug_immutable',
    status: 'BAD_REQUEST',
    detail: 'The slug of a tenant never changes.',
    pointer: '/slug',
  }),
  contractDatesInvalid: defineError({
    code: 'contract_dates_invalid',
    status: 'BAD_REQUEST',
    detail: 'The contract ends before it starts.',
    constraint: 'tenants_contract_dates_check',
    pointer: '/contract_ends_on',
  }),
  tenantFrozen: defineError({
    code: 'tenant_frozen',
    status: 'CONFLICT',
    detail: 'The tenant is frozen, so it is read-only: activate it first.',
  }),
  tenantArchived: defineError({
    code: 'tenant_archived',
    status: 'CONFLICT',
    detail: 'The tenant is archived: only its audit log can be read.',
  }),
  tenantNotArchived: defineError({
    code: 'tenant_not_archived',
    status: 'CONFLICT',
    detail: 'Only an archived tenant can be deleted: see holdings for what would be lost.',
    members: { holdings: holdingsMember },
    example: { members: { holdings: { projects: 2, products: 1, idp_configs: 1, api_keys: 5 } } },
  }),
  tenantHasDatabases: defineError({
    code: 'tenant_has_databases',
    status: 'CONFLICT',
    detail:
      'Databases of the tenant are not deleted: delete each first, so that nothing is left of them that nobody owns.',
    members: { holdings: holdingsMember },
    example: { members: { holdings: { databases: 2 } } },
  }),
  tenantDeletionUnfinished: defineError({
    code: 'tenant_deletion_unfinished',
    status: 'CONFLICT',
    detail:
      'The tenant has so many audit rows that it takes more than one request to let go of them: send the request again, and it goes on.',
  }),
} as const;

/** The errors of reading and of writing inside a tenant whose status forbids it. */
export const tenancyErrors = {
  read: [tenantErrors.tenantArchived],
  write: [tenantErrors.tenantFrozen, tenantErrors.tenantArchived],
} as const;
