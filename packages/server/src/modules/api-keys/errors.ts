import { defineError } from '../../kernel/errors.ts';

/** The member of a problem that tells the client of a gateway the verdict on its key. */
const members = {
  verdict: {
    type: 'string',
    minLength: 1,
    maxLength: 100,
    pattern: '^[a-z_]+$',
    description: 'With `api_key_refused` and `api_key_not_allowed`: the `code` of the verdict on the key.',
  },
} as const;

export const apiKeyErrors = {
  projectNotFound: defineError({
    code: 'project_not_found',
    status: 'NOT_FOUND',
    detail: 'The tenant has no such project.',
    constraint: [
      'api_keys_tenant_id_project_id_fkey',
      'databases_tenant_id_project_id_fkey',
      'resources_tenant_id_project_id_fkey',
      'service_identities_tenant_id_project_id_fkey',
    ],
    pointer: '/project_id',
  }),
  ownerNotFound: defineError({
    code: 'api_key_owner_not_found',
    status: 'NOT_FOUND',
    detail: 'The tenant has no such service identity.',
    constraint: ['api_keys_tenant_id_service_identity_id_fkey', 'api_keys_tenant_id_user_id_fkey'],
    pointer: '/service_identity_id',
  }),
  ownerAmbiguous: defineError({
    code: 'api_key_owner_ambiguous',
    status: 'BAD_REQUEST',
    detail: 'A key belongs to one user, to one service identity or to its tenant.',
    constraint: 'api_keys_one_owner_check',
    pointer: '/service_identity_id',
  }),
  expiryInThePast: defineError({
    code: 'expiry_in_the_past',
    status: 'BAD_REQUEST',
    detail: 'The key would already have expired.',
    pointer: '/expires_at',
  }),
  expiryBeyondMaker: defineError({
    code: 'expiry_beyond_maker',
    status: 'BAD_REQUEST',
    detail: 'A key gives away no more time than it has: the new key must not outlive the key that makes it.',
    pointer: '/expires_at',
  }),
  descendantsRemain: defineError({
    code: 'descendants_remain',
    status: 'CONFLICT',
    detail: 'The key made more keys than one request revokes: send the request again to revoke the rest.',
  }),
  apiKeyNotActive: defineError({
    code: 'api_key_not_active',
    status: 'CONFLICT',
    detail: 'The key is revoked or expired, so it cannot be rotated: create a new one.',
  }),
  tooManyAttempts: defineError({
    code: 'too_many_attempts',
    status: 'TOO_MANY_REQUESTS',
    detail: 'Too many wrong keys with this prefix were presented: try again later.',
  }),
  gatewayUnknown: defineError({
    code: 'gateway_unknown',
    status: 'BAD_REQUEST',
    detail:
      'The gateway sent no valid X-Registry-Token: its configuration is wrong, and this says nothing of the request.',
  }),
  apiKeyRefused: defineError({
    code: 'api_key_refused',
    status: 'UNAUTHORIZED',
    detail: 'There is no such API key.',
    members,
    example: { members: { verdict: 'not_found' } },
  }),
  apiKeyNotAllowed: defineError({
    code: 'api_key_not_allowed',
    status: 'FORBIDDEN',
    detail: 'The API key may not be used for this.',
    members,
    example: {
      detail: 'The API key lacks a scope that this needs.',
      members: { verdict: 'insufficient_scope' },
    },
  }),
  // 128 random bits behind a fresh salt: never seen, but a unique constraint has an owner.
  apiKeyCollision: defineError({
    code: 'api_key_collision',
    status: 'CONFLICT',
    detail: 'The new key collided with another one: try again.',
    constraint: 'api_keys_hash_key',
  }),
} as const;
