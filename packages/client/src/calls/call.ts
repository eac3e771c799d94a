/** One call: repeats attempts until one gives a result, a failure is final, or the call's time is over. */
import type { Failure } from './answer.ts';
import { CallEnded, startDeadline } from './deadline.ts';
import { endedError, failureError } from './failure-error.ts';
import { checkedHeaders, checkedToken, newIdempotencyKey } from './headers.ts';
import { type CallOptions, type ClientOptions, checkedTimeoutMs, type WaitOptions } from './options.ts';
import { retryDelayMs } from './retry.ts';
import type { Runtime } from './runtime.ts';
import { cookieOf, sessionIn } from './session-cookie.ts';
import { traceHeaders } from './trace.ts';
import { type Attempt, AttemptFailed, type Send, type Transport } from './transport.ts';

export interface Connection extends Transport {
  readonly token: ClientOptions['token'];
  readonly timeoutMs: number;
  readonly retries: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly traceparent: ClientOptions['traceparent'];
  readonly runtime: Runtime;
  /** Lets the process end while a call is pending; for calls that run in the background. */
  readonly unref?: boolean;
}

export interface Operation<T> extends Pick<Attempt, 'type' | 'path' | 'input'> {
  /** Marks a mutation that changes nothing and therefore needs no idempotency key. */
  readonly safe?: boolean;
  readonly send: Send<T>;
}

/** The output of a call, and the token or session that it was made with: later errors of a stream must not quote it. */
export interface Outcome<T> {
  readonly output: T;
  readonly token: string;
}

/** Resolves to the operation's output or rejects with a `RegistryError`, in `timeoutMs` at most, retries included. */
export async function call<T>(
  connection: Connection,
  operation: Operation<T>,
  options: CallOptions,
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
      const outcome = await race(
        attempt(operation, { headers, signal, credential: () => credentialOf(connection, options) }),
      );
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
export function timeoutMsOf({ timeoutMs }: Connection, options: WaitOptions): number {
  return checkedTimeoutMs(options.timeoutMs ?? timeoutMs);
}

/** What a call is made with. The secret is empty for a call without a credential. */
interface Credential {
  readonly secret: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Sending extends Pick<Attempt, 'headers' | 'signal'> {
  credential(): Promise<Credential>;
}

interface Failed {
  readonly failure: Failure;
  readonly token: string;
}

async function attempt<T>(
  { send, ...operation }: Operation<T>,
  { headers: shared, signal, credential }: Sending,
): Promise<Outcome<T> | Failed> {
  const { secret: token, headers: own } = await credential();
  // The registry looks at a cookie only where no Authorization header is: one among the client's own headers is not sent.
  const { authorization: _replaced, ...others } = shared;
  try {
    return { output: await send({ ...operation, headers: { ...others, ...own }, signal }), token };
  } catch (error) {
    if (error instanceof AttemptFailed) return { failure: error.failure, token };
    throw error;
  }
}

async function credentialOf({ token: given }: Connection, options: CallOptions): Promise<Credential> {
  if ('cookie' in options) {
    const session = sessionIn(options.cookie ?? '');
    return session === undefined
      ? { secret: '', headers: {} }
      : { secret: session, headers: { cookie: cookieOf(session) } };
  }
  const token = typeof given === 'function' ? checkedToken(await given()) : given;
  return { secret: token, headers: { authorization: `Bearer ${token}` } };
}

/** Returns the headers that all attempts of a call share, so that the registry recognizes a repeated mutation. */
function headersOf(
  connection: Connection,
  { type, safe = false }: Operation<unknown>,
  { idempotencyKey, ifMatch }: CallOptions,
) {
  const headers = { ...connection.headers, ...traceHeaders(connection) };
  if (type === 'query' || safe) return headers;
  const own = { 'idempotency-key': idempotencyKey ?? newIdempotencyKey(), 'if-match': ifMatch };
  return { ...headers, ...checkedHeaders(own) };
}
