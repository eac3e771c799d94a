/** Events on the wire. */
import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { eventErrors } from './errors.ts';
import {
  eventPage,
  events,
  eventsExample,
  followEventsInput,
  listEventsInput,
  streamAllEventsInput,
  streamEventsInput,
} from './schema.ts';
import { listEvents, streamEvents, trackEvents } from './service.ts';

const on = routes({ tag: 'Events' });
const internal = routes({ tag: 'Internal' });

const STREAM =
  'Server-sent events. Each message without a name is an Event, with its id; a reader that comes back with the id of the last message that had one, as `Last-Event-ID` or `after`, misses nothing and gets nothing twice, at whichever replica. Beside them: `open` at the beginning; `alive` every `alive_ms`; `checkpoint`, whose id is as good as an event’s for coming back, when what happened is not asked for; and `bye` with a `reason` before the end: `life` after five minutes, `slow` to a reader that does not keep up, `credential` when the credential is accepted no more, `closing`, `unavailable`. An id that the log does not have, or has no longer, is 410: read the present state and begin anew.';

const streamErrors = [
  eventErrors.unknownEventType,
  eventErrors.eventExpired,
  eventErrors.tooManyListeners,
  kernelErrors.overloaded,
];

export const eventsRouter = router({
  subscribe: procedure('events:read')
    .meta({
      rest: on.list('/v1/events', {
        operation: 'stream_events',
        summary: 'Listen to events',
        description: `What happens, as it is committed. A tenant may have 50 streams open at one replica. ${STREAM}`,
        errors: streamErrors,
        stream: ['text/event-stream'],
        example: { response: eventsExample },
      }),
    })
    .input(streamEventsInput)
    .output(events)
    .query(({ ctx, input }) => streamEvents(ctx, input, 'events:read')),

  subscribeAll: procedure('events:follow')
    .meta({
      rest: internal.list('/v1/internal/events', {
        operation: 'stream_all_events',
        summary: 'Listen to the events of all tenants',
        description: `For products: what happens in every tenant and beside them. ${STREAM}`,
        errors: streamErrors.filter((error) => error !== eventErrors.tooManyListeners),
        stream: ['text/event-stream'],
        example: { response: eventsExample },
      }),
    })
    .input(streamAllEventsInput)
    .output(events)
    .query(({ ctx, input }) => streamEvents(ctx, input, 'events:follow')),

  history: procedure('events:read')
    .meta({
      rest: on.list('/v1/events/history', {
        operation: 'list_events',
        summary: 'List events',
        description:
          'What the log has, oldest first and in the order in which it happened; events are kept for 30 days unless the operator chose otherwise. To go on listening, begin a stream after the id of the last one. A cursor whose event is kept no longer is 410.',
        errors: [eventErrors.unknownEventType, eventErrors.eventExpired],
      }),
    })
    .input(listEventsInput)
    .output(eventPage)
    .query(({ ctx, input }) => listEvents(ctx, input)),

  /** What `subscribe` gives, as a subscription of tRPC. */
  follow: procedure('events:read')
    .input(followEventsInput)
    .subscription(({ ctx, input }) => trackEvents(ctx, input)),
});
