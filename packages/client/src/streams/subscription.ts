/** Subscriptions: the events of the registry, over as many connections as it takes. */
import { backoffMs } from '../calls/backoff.ts';
import type { Connection } from '../calls/call.ts';
import { invalidResponseError } from '../calls/failure-error.ts';
import { mayPass } from '../calls/may-pass.ts';
import type { QueryOptions } from '../calls/options.ts';
import type { RegistryError } from '../errors.ts';
import type { RegistryEvent } from '../events.ts';
import { isObject } from '../problem.ts';
import { isTime, objectIn } from './json-data.ts';
import { EventTooLong, eventsIn, type ServerSentEvent } from './sse.ts';
import { textOf } from './text-chunks.ts';

/** Which events a subscription is about, and after which event it begins. */
export type SubscribeInput<Input = object> = Omit<Input, 'types' | 'after'> & {
  /** Types: `tenant.created`, `tenant.*` for all about tenants. Absent: every type. */
  readonly types?: readonly string[] | undefined;
  /** The id of an event, to begin with the event after it, or `start` for all that the registry has kept. Absent: from now on. */
  readonly after?: string | undefined;
};

/** The state of a subscription. */
export interface SubscriptionState {
  /** Whether the subscription is connected. */
  readonly live: boolean;
  /** Why it is not: the error of the connection. */
  readonly error?: RegistryError | undefined;
}

export interface SubscribeOptions extends Omit<QueryOptions, 'signal'> {
  /** Ends the loop, without an error. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the subscription is connected, and when it cannot connect or the connection breaks; for the log. */
  readonly onState?: ((state: SubscriptionState) => void) | undefined;
}

/**
 * The events, in the order of the registry's log, each exactly once. The request is sent when the loop begins. The
 * subscription connects again, and continues after the last event, when a connection ends, breaks or is silent, and when
 * the registry cannot answer; pauses grow up to five seconds and respect Retry-After. The loop ends by its signal alone.
 *
 * To continue in another process, keep the `id` of the last event that was dealt with, and give it as `after`.
 *
 * The loop throws a `RegistryError` when only the caller can help: `event_expired` (410) if the registry has not kept the
 * event to continue after, so that events may be missed: read the present state, then begin without `after` or with
 * `start`; `unauthenticated`, `forbidden`, `not_found` and `invalid_input`; `invalid_response` for an answer that is no
 * feed of events.
 */
type Subscribe = (input?: SubscribeInput, options?: SubscribeOptions) => AsyncIterable<RegistryEvent>;

interface Feed {
  readonly connection: Connection;
  readonly path: string;
  readonly send: ReturnType<Connection['open']>;
}

/** What a connection tells. */
type Message =
  | { readonly type: 'open'; readonly aliveMs: number }
  | { readonly type: 'event'; readonly event: RegistryEvent }
  /** Nothing happened between the last event and the one with this id that the subscription is about. */
  | { readonly type: 'checkpoint'; readonly id: string | undefined }
  | { readonly type: 'alive' }
  | { readonly type: 'bye' };

/** How often `alive` comes, until the registry has told it. */
const ALIVE_MS = 15_000;
/** The number of missing `alive`s after which a connection counts as broken. */
const ALIVES_MISSING_MAX = 3;

/** Returns the function that subscribes to the feed of events at the route. */
export function subscriptionOf(connection: Connection, path: string, route: string): Subscribe {
  const send = connection.open(route, 'text/event-stream');
  const feed = { connection: { ...connection, retries: 0 }, path, send };
  return (input = {}, options = {}) => ({
    [Symbol.asyncIterator]() {
      const closing = new AbortController();
      const events = follow(feed, input, { options, closing });
      return {
        next: () => events.next(),
        // A generator that waits for an event would notice only with that event that nobody wants it any more.
        return() {
          closing.abort();
          return events.return(undefined);
        },
      };
    },
  });
}

interface Following {
  readonly options: SubscribeOptions;
  /** Ends the connection and the loop. */
  readonly closing: AbortController;
}

async function* follow(
  feed: Feed,
  input: SubscribeInput,
  { options, closing }: Following,
): AsyncGenerator<RegistryEvent, undefined> {
  const { signal } = closing;
  const { runtime } = feed.connection;
  const report = reporter(options.onState);
  const close = () => closing.abort();
  if (options.signal?.aborted) close();
  options.signal?.addEventListener('abort', close, { once: true });
  let { after } = input;
  try {
    for (let failed = 0; !signal.aborted; failed += 1) {
      let retryAfterMs = 0;
      try {
        for await (const message of messagesOf(feed, { ...input, after }, { ...options, signal })) {
          report({ live: true });
          if (message.type === 'checkpoint') after = message.id ?? after;
          else if (message.type !== 'open') failed = 0;
          if (message.type !== 'event') continue;
          after = message.event.id;
          yield message.event;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!mayPass(error)) throw error;
        report({ live: false, error });
        retryAfterMs = (error.retryAfter ?? 0) * 1_000;
      }
      await runtime.sleep(retryAfterMs + backoffMs(failed, runtime.random), signal);
    }
  } finally {
    options.signal?.removeEventListener('abort', close);
  }
}

/** Returns the function that tells each new state once. */
function reporter(onState: SubscribeOptions['onState']): (state: SubscriptionState) => void {
  let told: boolean | undefined;
  return (state) => {
    if (state.live === told) return;
    told = state.live;
    onState?.(state);
  };
}

/** Opens one connection, and yields what it tells until it ends. Throws a `RegistryError` when it breaks or is silent. */
async function* messagesOf(
  { connection, path, send }: Feed,
  input: SubscribeInput,
  options: QueryOptions,
): AsyncGenerator<Message, undefined> {
  let aliveMs = ALIVE_MS;
  const chunkTimeoutMs = () => ALIVES_MISSING_MAX * aliveMs;
  try {
    for await (const each of eventsIn(textOf(connection, { path, input, send }, { ...options, chunkTimeoutMs }))) {
      const message = messageIn(each);
      if (message === undefined) throw invalidResponseError(path);
      if (message === 'unknown') continue;
      if (message.type === 'bye') return;
      if (message.type === 'open') aliveMs = message.aliveMs;
      yield message;
    }
  } catch (error) {
    throw error instanceof EventTooLong ? invalidResponseError(path) : error;
  }
}

/** Returns undefined for a message in an undocumented form, and `unknown` for one of a newer registry, to be passed over. */
function messageIn({ name, data, id }: ServerSentEvent): Message | 'unknown' | undefined {
  const fields = objectIn(data);
  const { alive_ms } = fields;
  switch (name) {
    case 'message':
      return isEvent(fields) ? { type: 'event', event: fields } : undefined;
    case 'open':
      return isTime(alive_ms) && alive_ms > 0 ? { type: name, aliveMs: alive_ms } : undefined;
    case 'checkpoint':
      return { type: name, id };
    case 'alive':
    case 'bye':
      return { type: name };
    default:
      return 'unknown';
  }
}

/** Checks what the subscription and nearly every loop depend on. The registry is trusted with the rest. */
function isEvent(value: Record<string, unknown>): value is Record<string, unknown> & RegistryEvent {
  const { id, type, subject, data } = value;
  return typeof id === 'string' && id !== '' && typeof type === 'string' && isObject(subject) && isObject(data);
}
