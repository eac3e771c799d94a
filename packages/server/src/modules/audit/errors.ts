import { defineError } from '../../kernel/errors.ts';

export const auditErrors = {
  occurredInTheFuture: defineError({
    code: 'occurred_in_the_future',
    status: 'BAD_REQUEST',
    detail: 'An event cannot have happened more than five minutes from now.',
    pointer: '/occurred_at',
  }),
  reservedAction: defineError({
    code: 'reserved_action',
    status: 'BAD_REQUEST',
    detail: 'Only the registry reports what happens to its own things: begin the action with a noun of the product.',
    pointer: '/action',
  }),
} as const;
