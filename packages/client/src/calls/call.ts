/** One call: repeats attempts until one gives a result, a failure is final, or the call's time is over. */
import type { Failure } from './answer.ts';
import { CallEnded, startDeadline } from './deadline.ts';
import { endedError, failureError } from './failure-error.ts';
import { checkedHeaders, checkedToken, newIdempotencyKey } from './headers.ts';
import { type ClientOptions, checkedTimeoutMs, type MutationOptions } from './options.ts';
import { retryDelayMs } from './retry.ts';
import type { Runtime } from './runtime.ts';
import { type Attempt, AttemptFailed, type Send, type Transport } from './transport.ts';

export interface Connection extends Transport {
  readonly token: ClientOptions['token'];
  readonly timeoutMs: number;
  readonly retries: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly runtime: Runtime;
  /** Lets the process end while a call is pending; for calls that run in the background. */
  readonly unref?: boolean;
}

export interface Operation<T> extends Pick<Attempt, 'type' | 'path' | 'input'> {
  /** Marks a mutation that changes nothing and therefore needs no idempotency key. */
  readonly safe?: boolean;
  readonly send: Send<T>;
}

/** The output of a call, and the token that it was made with: later errors of a stream must not quote that token. */
export interface Outcome<T> {
  readonly output: T;
  readonly token: string;
}

/** Resolves to the operation's output or rejects with a `RegistryError`, in `timeoutMs` at most, retries included. */
export async function call<T>(
  connection: Connection,
  operation: Operation<T>,
  options: MutationOptions,
): Promise<Outcome<T>> {
  const { retries, runtime } = connection;
  const { path } = operation;
  const headers = headersOf(connection, operation, options);
  const { signal, race, remainingMs, release } = startDeadline(
    timeoutMsOf(connection, options),
    options.signal,
    connection.unref,
  );
  try {
    for (let failed = 1; ; failed += 1) {
      signal.throwIfAborted();
      const outcome = await race(attempt(connection, operation, { headers, signal }));
      if ('output' in outcome) return outcome;
      signal.throwIfAborted();
      const { failure, token } = outcome;
      const delayMs = retryDelayMs({ failure, failed, retries }, runtime.random);
      // A pause beyond the deadline would report a timeout and hide the real reason.
      if (delayMs === undefined || delayMs >= remainingMs()) throw failureError(path, failure, token);
      await race(runtime.sleep(delayMs, signal));
    }
  } catch (error) {
    throw error instanceof CallEnded ? endedError(path, error.by, options.signal) : error;
  } finally {
    release();
  }
}

/** Returns how long this call may take. Throws a `TypeError` unless that is a number above 0. */
export function timeoutMsOf({ timeoutMs }: Connection, options: MutationOptions): number {
  return checkedTimeoutMs(options.timeoutMs ?? timeoutMs);
}

type Sending = Pick<Attempt, 'headers' | 'signal'>;
interface Failed {
  readonly failure: Failure;
  readonly token: string;
}

async function attempt<T>(
  { token: given }: Connection,
  { send, ...operation }: Operation<T>,
  sending: Sending,
): Promise<Outcome<T> | Failed> {
  const token = typeof given === 'function' ? checkedToken(await given()) : given;
  const headers = { ...sending.headers, authorization: `Bearer ${token}` };
  try {
    return { output: await send({ ...operation, ...sending, headers }), token };
  } catch (error) {
    if (error instanceof AttemptFailed) return { failure: error.failure, token };
    throw error;
  }
}

/** Returns the headers that all attempts of a call share, so that the registry recognizes a repeated mutation. */
function headersOf(
  { headers }: Connection,
  { type, safe = false }: Operation<unknown>,
  { idempotencyKey, ifMatch }: MutationOptions,
) {
  if (type === 'query' || safe) return headers;
  const own = { 'idempotency-key': idempotencyKey ?? newIdempotencyKey(), 'if-match': ifMatch };
  return { ...headers, ...checkedHeaders(own) };
}
