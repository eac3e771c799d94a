import { defineError } from '../../kernel/errors.ts';

export const eventErrors = {
  unknownEventType: defineError({
    code: 'unknown_event_type',
    status: 'BAD_REQUEST',
    detail: 'There are no events of this type: see errors, and the list of types in the documentation.',
    example: { errors: [{ pointer: '/event_types/0', in: 'body', message: 'is no type of an event' }] },
  }),
  eventExpired: defineError({
    code: 'event_expired',
    status: 'GONE',
    detail: 'That part of the log is not kept any more: begin with an event that is, and read the resources again.',
  }),
} as const;
