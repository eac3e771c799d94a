/** The feed of changes: the registry tells a program that keeps verdicts when they may be outdated. */
import type { Connection } from '../calls/call.ts';
import { invalidResponseError } from '../calls/failure-error.ts';
import type { QueryOptions } from '../calls/options.ts';
import { withUnrefedSocket } from '../calls/unref.ts';
import { isTime, objectIn } from './json-data.ts';
import { eventsIn, type ServerSentEvent } from './sse.ts';
import { textOf } from './text-chunks.ts';

/** One event of the feed. */
export type ChangeEvent =
  /** The first event: how often `alive` comes, and for how long after a change replicas may answer from before it. */
  | { readonly type: 'open'; readonly alive_ms: number; readonly settle_ms: number }
  /** The feed has reported every change that was answered until `elapsed_ms` after the request began. */
  | { readonly type: 'alive'; readonly elapsed_ms: number }
  /** The feed may miss changes until the next `alive`. */
  | { readonly type: 'down' }
  /** The status, keys or entitlements of any tenant may have changed. */
  | { readonly type: 'reset'; readonly id: string | undefined }
  /** The status, keys or entitlements of these tenants changed. */
  | { readonly type: 'change'; readonly id: string | undefined; readonly tenant_ids: readonly string[] };

export interface FeedOptions extends QueryOptions {
  /** The `id` of the last event seen. The feed begins with the events after it, or with `reset` if they are forgotten. */
  readonly lastEventId?: string | undefined;
}

/**
 * The changes from now on, as they happen. The request is sent when the loop begins, once and without retries. The loop
 * ends when the registry ends the stream, and throws when the connection breaks or is silent for three seconds.
 */
type Feed = (input?: Record<string, never>, options?: FeedOptions) => AsyncIterable<ChangeEvent>;

/** The registry sends an event every second. */
const SILENCE_MS_MAX = 3_000;

/** Returns the function that listens to the feed at the route. */
export function feedOf(connection: Connection, path: string, route: string): Feed {
  return (input = {}, { lastEventId, ...options } = {}) => {
    const headers = { ...connection.headers, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) };
    const background = { ...connection, headers, retries: 0, unref: true };
    const open = connection.open(route, 'text/event-stream');
    const send: typeof open = (attempt) => withUnrefedSocket(route, () => open(attempt));
    const source = { path, input, send };
    return {
      [Symbol.asyncIterator]: () =>
        changesIn(textOf(background, source, { ...options, chunkTimeoutMs: () => SILENCE_MS_MAX }), path),
    };
  };
}

async function* changesIn(chunks: AsyncIterable<string>, path: string): AsyncGenerator<ChangeEvent> {
  for await (const event of eventsIn(chunks)) {
    const change = changeOf(event);
    if (change === undefined) throw invalidResponseError(path);
    if (change !== 'unknown') yield change;
  }
}

/** Returns undefined for an event in an undocumented form, and `unknown` for one of a newer registry, to be passed over. */
function changeOf({ name, data, id }: ServerSentEvent): ChangeEvent | 'unknown' | undefined {
  const { alive_ms, settle_ms, elapsed_ms, tenant_ids } = objectIn(data);
  switch (name) {
    case 'open':
      return isTime(alive_ms) && isTime(settle_ms) ? { type: name, alive_ms, settle_ms } : undefined;
    case 'alive':
      return isTime(elapsed_ms) ? { type: name, elapsed_ms } : undefined;
    case 'down':
      return { type: name };
    case 'reset':
      return { type: name, id };
    case 'change':
      return isTexts(tenant_ids) ? { type: name, id, tenant_ids } : undefined;
    default:
      return 'unknown';
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
