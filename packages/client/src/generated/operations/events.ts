/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { QueryOptions } from '../../calls/options.ts';
import type { RegistryEvent } from '../../events.ts';
import type { List } from '../../list.ts';
import type { SubscribeInput, SubscribeOptions } from '../../streams/subscription.ts';
import type { EventPage, ListEventsInput, StreamAllEventsInput, StreamEventsInput } from '../schemas/events.ts';

/** The operations of `client.events`. */
export interface EventsOperations {
  /**
   * Listen to events.
   *
   * What happens, as it is committed. A tenant may have 50 streams open at one replica. Server-sent events. Each
   * message without a name is an Event, with its id; a reader that comes back with the id of the last message that had
   * one, as `Last-Event-ID` or `after`, misses nothing and gets nothing twice, at whichever replica. Beside them:
   * `open` at the beginning; `alive` every `alive_ms`; `checkpoint`, whose id is as good as an event’s for coming back,
   * when what happened is not asked for; and `bye` with a `reason` before the end: `life` after five minutes, `slow` to
   * a reader that does not keep up, `credential` when the credential is accepted no more, `closing`, `unavailable`. An
   * id that the log does not have, or has no longer, is 410: read the present state and begin anew.
   *
   * Requires the permission `events:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:events:read`.
   */
  subscribe(input?: SubscribeInput<StreamEventsInput>, options?: SubscribeOptions): AsyncIterable<RegistryEvent>;
  /**
   * Listen to the events of all tenants.
   *
   * For products: what happens in every tenant and beside them. Server-sent events. Each message without a name is an
   * Event, with its id; a reader that comes back with the id of the last message that had one, as `Last-Event-ID` or
   * `after`, misses nothing and gets nothing twice, at whichever replica. Beside them: `open` at the beginning; `alive`
   * every `alive_ms`; `checkpoint`, whose id is as good as an event’s for coming back, when what happened is not asked
   * for; and `bye` with a `reason` before the end: `life` after five minutes, `slow` to a reader that does not keep up,
   * `credential` when the credential is accepted no more, `closing`, `unavailable`. An id that the log does not have,
   * or has no longer, is 410: read the present state and begin anew.
   *
   * Requires the permission `events:follow`. It is held by the internal token.
   */
  subscribeAll(input?: SubscribeInput<StreamAllEventsInput>, options?: SubscribeOptions): AsyncIterable<RegistryEvent>;
  /**
   * List events.
   *
   * What the log has, oldest first and in the order in which it happened; events are kept for 30 days unless the
   * operator chose otherwise. To go on listening, begin a stream after the id of the last one. A cursor whose event is
   * kept no longer is 410.
   *
   * Requires the permission `events:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:events:read`.
   */
  history(input?: ListEventsInput, options?: QueryOptions): List<EventPage>;
}
