/** The text of an answer, piece by piece while it comes. */
import { type Connection, call, timeoutMsOf } from '../calls/call.ts';
import { CallEnded, startDeadline } from '../calls/deadline.ts';
import { endedError, failureError } from '../calls/failure-error.ts';
import type { QueryOptions } from '../calls/options.ts';

export interface Source {
  readonly path: string;
  readonly input: object;
  readonly send: ReturnType<Connection['open']>;
}

/**
 * Gives the pieces no faster than they are taken, and lets go of the connection when the loop ends early. `timeoutMs` is
 * the time until the answer begins, and then of each piece, unless they have one of their own.
 */
export async function* textOf(
  connection: Connection,
  source: Source,
  options: QueryOptions & { readonly pieceTimeoutMs?: number },
): AsyncGenerator<string> {
  const { pieceTimeoutMs = timeoutMsOf(connection, options) } = options;
  const { output, token } = await call(connection, { type: 'query', ...source }, options);
  const reader = output.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { race, release } = startDeadline(pieceTimeoutMs, options.signal, connection.background);
      const { done, value } = await race(reader.read()).finally(release);
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } catch (error) {
    if (error instanceof CallEnded) throw endedError(source.path, error.by, options.signal);
    throw failureError(source.path, { type: 'network', cause: error }, token);
  } finally {
    // Not waited for, as the connection may have broken.
    reader.cancel().catch(() => {});
  }
}
