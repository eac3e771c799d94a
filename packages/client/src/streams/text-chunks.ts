/** Reads the text of a streamed answer, chunk by chunk. */
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
 * Reads no faster than the loop takes chunks, and closes the connection when the loop ends early. `timeoutMs` bounds the
 * wait for the beginning of the answer; `chunkTimeoutMs` is asked before each chunk for how long to wait for it: for `timeoutMs` by default.
 */
export async function* textOf(
  connection: Connection,
  source: Source,
  options: QueryOptions & { readonly chunkTimeoutMs?: () => number },
): AsyncGenerator<string> {
  const { chunkTimeoutMs = () => timeoutMsOf(connection, options) } = options;
  const { output, token } = await call(connection, { type: 'query', ...source }, options);
  const reader = output.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { race, release } = startDeadline(chunkTimeoutMs(), options.signal, connection.unref);
      const { done, value } = await race(reader.read()).finally(release);
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } catch (error) {
    if (error instanceof CallEnded) throw endedError(source.path, error.by, options.signal);
    throw failureError(source.path, { type: 'network', cause: error }, token);
  } finally {
    // The loop does not wait for the cancellation: the connection may be broken.
    reader.cancel().catch(() => {});
  }
}
