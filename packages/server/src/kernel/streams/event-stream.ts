/** Server-sent events: what is written as things happen, for as long as the caller listens. */
import { z } from 'zod';

/** Events in the form of text/event-stream. Nothing is kept for a reader before the stream is opened. */
export interface EventStream extends AsyncIterable<string> {
  readonly mediaType: 'text/event-stream';
  /** Begins to listen. A reader that stops early calls `return` of the iterator, as `for await` does. */
  open(): Promise<AsyncIterable<string>>;
  /** Aborts when the reader is too slow to be kept: the connection is to be broken. */
  readonly cut: AbortSignal;
}

/** The output of a procedure that streams events. The route's meta names the media type. */
export const eventStream = z.custom<EventStream>(
  (value) => value !== null && typeof value === 'object' && Symbol.asyncIterator in value,
);

/** A stream whose unnamed messages are events of the log. */
export interface LogStream extends EventStream {
  /** Tells the SDK which of the two kinds of stream it is. */
  readonly of: 'events';
}

/** The output of a procedure that streams events of the log. The SDK's manifest knows such a procedure by this schema. */
export const logStream = z.custom<LogStream>(
  (value) => value !== null && typeof value === 'object' && Symbol.asyncIterator in value,
);

/** A stream of changes of a project's configurations. */
export interface ConfigStream extends EventStream {
  /** Tells the SDK which kind of stream it is. */
  readonly of: 'configs';
}

/** The output of a procedure that streams changes of configurations. The SDK's manifest knows it by this schema. */
export const configStream = z.custom<ConfigStream>(
  (value) => value !== null && typeof value === 'object' && Symbol.asyncIterator in value,
);

/** Returns one event as text. The data is JSON, so it is one line. */
export function eventText(event: string, data: object, id?: string): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
