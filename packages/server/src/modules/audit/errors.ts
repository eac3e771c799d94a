import { defineError, kernelErrors } from '../../kernel/errors.ts';

export const auditErrors = {
  occurredInTheFuture: defineError({
    code: 'occurred_in_the_future',
    status: 'BAD_REQUEST',
    detail: 'An event cannot have happened more than five minutes from now.',
    pointer: '/occurred_at',
  }),
} as const;

/** An event of a tenant that does not exist: everybody's error, with its place in the input. */
export const { notFound } = kernelErrors;
