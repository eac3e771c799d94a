import { defineError } from '../../kernel/errors.ts';

export const databaseErrors = {
  databaseNameTaken: defineError({
    code: 'database_name_taken',
    status: 'CONFLICT',
    detail: 'That name already belongs to a database of the tenant that is not deleted.',
    constraint: 'idx_databases_name_active',
    pointer: '/name',
  }),
  databaseQuotaReached: defineError({
    code: 'database_quota_reached',
    status: 'CONFLICT',
    detail: 'The tenant has as many databases of the tier as it may have: delete one, or choose another tier.',
    pointer: '/tier',
  }),
  tierNotFound: defineError({
    code: 'tier_not_found',
    status: 'NOT_FOUND',
    detail: 'There is no such tier: GET /v1/database-tiers lists them.',
    pointer: '/tier',
  }),
  namespaceNotAllowed: defineError({
    code: 'namespace_not_allowed',
    status: 'BAD_REQUEST',
    detail: 'The tier makes no databases in that namespace: GET /v1/database-tiers lists its namespaces.',
    pointer: '/namespace',
  }),
  overrideNotAllowed: defineError({
    code: 'override_not_allowed',
    status: 'BAD_REQUEST',
    detail: 'The tier does not allow that override, or not that value.',
    pointer: '/overrides',
  }),
  ownerTeamNotFound: defineError({
    code: 'owner_team_not_found',
    status: 'NOT_FOUND',
    detail: 'The tenant has no group with that slug.',
    constraint: 'databases_tenant_id_owner_group_id_owner_team_fkey',
    pointer: '/owner_team',
  }),
  databaseFieldImmutable: defineError({
    code: 'database_field_immutable',
    status: 'BAD_REQUEST',
    detail: 'Name and namespace of a database never change: order another one.',
  }),
  cannotShrink: defineError({
    code: 'cannot_shrink',
    status: 'BAD_REQUEST',
    detail: 'Storage never shrinks: order another database.',
    pointer: '/overrides/storage',
  }),
  tierElsewhere: defineError({
    code: 'tier_elsewhere',
    status: 'BAD_REQUEST',
    detail: 'The tier makes its databases elsewhere, and no database moves: order another one.',
    pointer: '/tier',
  }),
  confirmationMismatch: defineError({
    code: 'confirmation_mismatch',
    status: 'BAD_REQUEST',
    detail: 'confirm must be the name of the database.',
    pointer: '/confirm',
  }),
  deletionProtected: defineError({
    code: 'deletion_protected',
    status: 'CONFLICT',
    detail: 'The database is protected: set deletion_protection to false first.',
  }),
  dataLossNotAccepted: defineError({
    code: 'data_loss_not_accepted',
    status: 'CONFLICT',
    detail: 'The database is lost: only with accept_data_loss is an empty one made in its place.',
    pointer: '/accept_data_loss',
  }),
  databaseNotReady: defineError({
    code: 'database_not_ready',
    status: 'CONFLICT',
    detail: 'The database is not ready, or asleep: see status and reason.',
  }),
  rotationUnderWay: defineError({
    code: 'rotation_under_way',
    status: 'CONFLICT',
    detail: 'A rotation is under way: the old login is not closed yet.',
  }),
  illegalStep: defineError({
    code: 'database_step_illegal',
    status: 'CONFLICT',
    detail: 'The database cannot do that in its present status: see allowed.',
    members: {
      allowed: {
        type: 'array',
        minItems: 0,
        maxItems: 10,
        description: 'With `database_step_illegal`: what can be done with the database in its present status.',
        items: {
          type: 'string',
          minLength: 0,
          maxLength: 50,
          pattern: '^[^\\x00]*$',
          description: 'A step, as in `allowed` of the database.',
        },
      },
    },
    example: { members: { allowed: ['delete'] } },
  }),
} as const;
