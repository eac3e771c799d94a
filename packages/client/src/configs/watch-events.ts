/** Reads the stream of changes of a project's configurations. */
import { invalidResponseError } from '../calls/failure-error.ts';
import { isTime, objectIn } from '../streams/json-data.ts';
import { EventTooLong, eventsIn, type ServerSentEvent } from '../streams/sse.ts';
import { type ConfigChange, isConfigChange } from './shapes.ts';

export type WatchEvent =
  /** The first event. */
  | { readonly type: 'open' }
  /** A change. It takes effect with those before it when it carries the state that they make together. */
  | { readonly type: 'change'; readonly change: ConfigChange; readonly cursor: string | undefined }
  /** Every change that was answered until `elapsed_ms` after the request began has been told. */
  | { readonly type: 'alive'; readonly elapsed_ms: number }
  /** Nothing is certain until the next `alive`. */
  | { readonly type: 'down' }
  /** The registry cannot tell what came after the cursor. */
  | { readonly type: 'reset' }
  /** The registry ends the stream. */
  | { readonly type: 'bye' };

/**
 * Yields each event that it knows, and passes over those of a newer registry. Throws a `RegistryError`:
 * `invalid_response` for an event in an undocumented form.
 */
export async function* watchEventsIn(chunks: AsyncIterable<string>, path: string): AsyncGenerator<WatchEvent> {
  try {
    for await (const each of eventsIn(chunks)) {
      const event = watchEventOf(each);
      if (event === undefined) throw invalidResponseError(path);
      if (event !== 'unknown') yield event;
    }
  } catch (error) {
    throw error instanceof EventTooLong ? invalidResponseError(path) : error;
  }
}

function watchEventOf({ name, data, ownId }: ServerSentEvent): WatchEvent | 'unknown' | undefined {
  const fields = objectIn(data);
  switch (name) {
    case 'change':
      return isConfigChange(fields) ? { type: name, change: fields, cursor: ownId || undefined } : undefined;
    case 'alive':
      return isTime(fields['elapsed_ms']) ? { type: name, elapsed_ms: fields['elapsed_ms'] } : undefined;
    case 'open':
    case 'down':
    case 'reset':
    case 'bye':
      return { type: name };
    default:
      return 'unknown';
  }
}
