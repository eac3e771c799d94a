import { defineError } from '../../kernel/errors.ts';

export const auditErrors = {
  occurredInTheFuture: defineError({
    code: 'occurred_in_the_future',
    status: 'BAD_REQUEST',
    detail: 'An event cannot have happened more than five minutes from now.',
    pointer: '/occurred_at',
  }),
} as const;
