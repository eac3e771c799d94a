/** Reads an answer that is one JSON document, however long. */
import type { Connection } from '../calls/call.ts';
import { invalidResponseError } from '../calls/failure-error.ts';
import type { QueryOptions } from '../calls/options.ts';
import { type Source, textOf } from './text-chunks.ts';

/**
 * Resolves to the document. `timeoutMs` bounds the wait for the beginning of the answer and for each chunk. Rejects with a
 * `RegistryError`: `invalid_response` for an answer that is not complete.
 */
export async function documentOf(connection: Connection, source: Source, options: QueryOptions): Promise<unknown> {
  const chunks: string[] = [];
  for await (const chunk of textOf(connection, source, options)) chunks.push(chunk);
  try {
    return JSON.parse(chunks.join(''));
  } catch {
    throw invalidResponseError(source.path);
  }
}
