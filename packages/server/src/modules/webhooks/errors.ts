import { defineError } from '../../kernel/errors.ts';

export const webhookErrors = {
  urlRefused: defineError({
    code: 'webhook_url_refused',
    status: 'BAD_REQUEST',
    detail: 'Nothing is delivered to that URL: see errors.',
    pointer: '/url',
    example: { errors: [{ pointer: '/url', in: 'body', message: 'The host has no public address.' }] },
  }),
  limitReached: defineError({
    code: 'webhook_limit_reached',
    status: 'CONFLICT',
    detail: 'There are 50 webhooks, and no more are possible: delete one that is not needed.',
  }),
  secretLimitReached: defineError({
    code: 'webhook_secret_limit_reached',
    status: 'CONFLICT',
    detail:
      'The webhook has ten secrets that have not expired: wait for one of them, or rotate with overlap_seconds=0.',
    pointer: '/overlap_seconds',
  }),
  disabled: defineError({
    code: 'webhook_disabled',
    status: 'CONFLICT',
    detail: 'The webhook is disabled, so nothing is delivered: enable it first.',
  }),
} as const;
