/** Exports: what may be longer than memory, piece by piece while it comes. */
import type { Connection } from '../calls/call.ts';
import { failureError } from '../calls/failure-error.ts';
import type { QueryOptions } from '../calls/options.ts';
import { textOf } from './pieces.ts';

/**
 * An operation that exports: the items one after the other, or, as CSV, the text in pieces. Nothing is asked for before
 * the loop begins, and no more than it takes; a second loop asks again. A connection that breaks is an error in the
 * loop, so a loop that ends has seen everything. `timeoutMs` is the time until the answer begins, and then of each piece.
 */
export interface Export<Filter, Item> {
  (input: Filter & { readonly format: 'csv' }, options?: QueryOptions): AsyncIterable<string>;
  (input?: Filter & { readonly format?: 'ndjson' | undefined }, options?: QueryOptions): AsyncIterable<Item>;
}

const mediaTypes = { ndjson: 'application/x-ndjson', csv: 'text/csv' } as const;

/** Returns the function that exports what is behind the route. */
export function exportOf(connection: Connection, path: string, route: string): Export<object, unknown> {
  function open(input: { readonly format?: 'ndjson' | 'csv' | undefined } = {}, options: QueryOptions = {}) {
    const { format = 'ndjson' } = input;
    const source = { path, input, send: connection.open(route, mediaTypes[format]) };
    const pieces = () => textOf(connection, source, options);
    return { [Symbol.asyncIterator]: () => (format === 'csv' ? pieces() : itemsOf(pieces(), path)) };
  }
  return open as Export<object, unknown>; // the format decides what comes, which only the overloads can say
}

async function* itemsOf(pieces: AsyncIterable<string>, path: string): AsyncGenerator<unknown> {
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield parsed(line, path);
  }
  if (rest !== '') throw notOfTheRegistry(path);
}

function parsed(line: string, path: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw notOfTheRegistry(path);
  }
}

function notOfTheRegistry(path: string) {
  const unknown = { problem: undefined, requestId: undefined, retryAfter: undefined };
  return failureError(path, { type: 'answer', status: 200, ...unknown }, '');
}
