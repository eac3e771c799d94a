import { defineError } from '../../kernel/errors.ts';

export const sessionErrors = {
  signInDisabled: defineError({
    code: 'sign_in_disabled',
    status: 'FORBIDDEN',
    detail: 'Sign-in is off, because the registry does not know its own address: set PUBLIC_URL.',
  }),
  // One error for every mistake, so that it does not tell who is known here.
  invalidCredentials: defineError({
    code: 'invalid_credentials',
    status: 'UNAUTHORIZED',
    detail: 'Tenant, e-mail address and password do not belong together.',
  }),
  tooManySignIns: defineError({
    code: 'too_many_sign_ins',
    status: 'TOO_MANY_REQUESTS',
    detail: 'Too many attempts with this address were wrong: wait as long as Retry-After says.',
  }),
  linkInvalid: defineError({
    code: 'link_invalid',
    status: 'UNAUTHORIZED',
    detail: 'The link is unknown, used or expired: ask for a new one.',
  }),
  passwordTooWeak: defineError({
    code: 'password_too_weak',
    status: 'BAD_REQUEST',
    detail: 'A password has 12 to 128 characters, and is neither your address nor one of the most common passwords.',
    pointer: '/new',
  }),
  noPassword: defineError({
    code: 'no_password',
    status: 'CONFLICT',
    detail:
      'You have no password to change: you sign in through an identity provider, or need a link for your first one.',
  }),
  // 256 random bits: never seen, but a unique constraint has an owner.
  secretCollision: defineError({
    code: 'secret_collision',
    status: 'CONFLICT',
    detail: 'The new cookie or link collided with another one: try again.',
    constraint: ['user_sessions_session_hash_key', 'password_links_token_hash_key'],
  }),
} as const;
