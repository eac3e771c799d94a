/** Exports: answers that may exceed the memory, read while they arrive. */
import type { Connection } from '../calls/call.ts';
import { invalidResponseError } from '../calls/failure-error.ts';
import type { QueryOptions } from '../calls/options.ts';
import { textOf } from './text-chunks.ts';

/**
 * An export gives its items one by one, or, as CSV, its text in chunks. The request is sent when the loop begins, each
 * loop sends its own, and no more is read than the loop takes. A broken connection throws in the loop, so a loop that
 * ends by itself has seen everything. `timeoutMs` bounds the wait for the beginning of the answer and for each chunk.
 */
type Export = (
  input?: { readonly format?: 'ndjson' | 'csv' | undefined },
  options?: QueryOptions,
) => AsyncIterable<unknown>;

const mediaTypes = { ndjson: 'application/x-ndjson', csv: 'text/csv' } as const;

/** Returns the function that exports from the route. */
export function exportOf(connection: Connection, path: string, route: string): Export {
  return (input = {}, options = {}) => {
    const { format = 'ndjson' } = input;
    const source = { path, input, send: connection.open(route, mediaTypes[format]) };
    const chunks = () => textOf(connection, source, options);
    return { [Symbol.asyncIterator]: () => (format === 'csv' ? chunks() : itemsOf(chunks(), path)) };
  };
}

async function* itemsOf(chunks: AsyncIterable<string>, path: string): AsyncGenerator<unknown> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield parsed(line, path);
  }
  if (rest !== '') throw invalidResponseError(path);
}

function parsed(line: string, path: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw invalidResponseError(path);
  }
}
