import { defineError } from '../../kernel/errors.ts';

export const apiKeyErrors = {
  projectNotFound: defineError({
    code: 'project_not_found',
    status: 'NOT_FOUND',
    detail: 'The tenant has no such project.',
    constraint: 'api_keys_tenant_id_project_id_fkey',
    pointer: '/project_id',
  }),
  expiryInThePast: defineError({
    code: 'expiry_in_the_past',
    status: 'BAD_REQUEST',
    detail: 'The key would already have expired.',
    pointer: '/expires_at',
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
  // 128 random bits behind a fresh salt: never seen, but a unique constraint has an owner.
  apiKeyCollision: defineError({
    code: 'api_key_collision',
    status: 'CONFLICT',
    detail: 'The new key collided with another one: try again.',
    constraint: 'api_keys_hash_key',
  }),
} as const;
