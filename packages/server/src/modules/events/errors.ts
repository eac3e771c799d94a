/** The errors of whoever reads events. */
import { defineError } from '../../kernel/errors.ts';

export const eventErrors = {
  unknownEventType: defineError({
    code: 'unknown_event_type',
    status: 'BAD_REQUEST',
    detail: 'There is no such type of event: name types as `tenant.created`, all of a noun as `tenant.*`, or `*`.',
    example: { errors: [{ pointer: '/event_types/0', in: 'body', message: 'there is no event "tenant.craeted"' }] },
  }),
  eventExpired: defineError({
    code: 'event_expired',
    status: 'GONE',
    detail:
      'The log does not have this event, or has it no longer, so what came after it cannot be told: read the present state, then begin anew.',
  }),
  tooManyListeners: defineError({
    code: 'too_many_listeners',
    status: 'TOO_MANY_REQUESTS',
    detail: 'As many streams of events of this tenant are open here as one may have: end one, or share one.',
  }),
} as const;
