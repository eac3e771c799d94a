/** The feed of changes: what the registry tells whoever keeps verdicts. */

import type { Connection } from '../calls/call.ts';
import { failureError } from '../calls/failure-error.ts';
import type { QueryOptions } from '../calls/options.ts';
import { inBackground } from '../calls/unref.ts';
import { isObject } from '../problem.ts';
import { textOf } from './pieces.ts';
import { eventsIn, type ServerSentEvent } from './sse.ts';

/** One event of the feed. */
export type ChangeEvent =
  /** The first one. */
  | { readonly type: 'open'; readonly alive_ms: number; readonly settle_ms: number }
  /** Every change that was answered until `elapsed_ms` after the request began was sent before this. */
  | { readonly type: 'alive'; readonly elapsed_ms: number }
  /** The registry may miss changes, until the next `alive`. */
  | { readonly type: 'down' }
  /** The authority of any tenant may have changed. */
  | { readonly type: 'reset'; readonly id: string | undefined }
  /** The authority of these tenants changed: their status, their keys or their entitlements. */
  | { readonly type: 'change'; readonly id: string | undefined; readonly tenant_ids: readonly string[] };

export interface FeedOptions extends QueryOptions {
  /** The `id` of the last event that was seen: what came after it is told first, else `reset`. */
  readonly lastEventId?: string | undefined;
}

/**
 * The changes from now on, as they happen. Nothing is asked for before the loop begins, once and without retries; it ends
 * when the registry ends the stream, and throws when the connection breaks or is silent for three seconds.
 */
export type Feed = (input?: Record<string, never>, options?: FeedOptions) => AsyncIterable<ChangeEvent>;

/** The registry says something every second. */
const SILENCE_MS_MAX = 3_000;

/** Returns the function that listens to what is behind the route. */
export function feedOf(connection: Connection, path: string, route: string): Feed {
  return (input = {}, { lastEventId, ...options } = {}) => {
    const headers = { ...connection.headers, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) };
    const background = { ...connection, headers, retries: 0, background: true };
    const open = connection.open(route, 'text/event-stream');
    const send: typeof open = (attempt) => inBackground(route, () => open(attempt));
    const source = { path, input, send };
    return {
      [Symbol.asyncIterator]: () =>
        changesIn(textOf(background, source, { ...options, pieceTimeoutMs: SILENCE_MS_MAX }), path),
    };
  };
}

async function* changesIn(pieces: AsyncIterable<string>, path: string): AsyncGenerator<ChangeEvent> {
  for await (const event of eventsIn(pieces)) {
    const change = changeOf(event);
    if (change === undefined) {
      const unknown = { problem: undefined, requestId: undefined, retryAfter: undefined };
      throw failureError(path, { type: 'answer', status: 200, ...unknown }, '');
    }
    if (change !== 'unknown') yield change;
  }
}

/** Undefined for what is not as documented; a newer registry may send other events. */
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

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
