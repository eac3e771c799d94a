/** The options of a client and of a single call, with their defaults and checks. */
import { checkedHeaders, checkedToken } from './headers.ts';
import type { Fetch } from './transport.ts';

const TIMEOUT_MS = 10_000;
const RETRIES = 2;
const RETRIES_MAX = 10;

export interface ClientOptions {
  /** The registry's address: `https://registry.example.com`. */
  readonly url: string | URL;
  /** The bearer token, or a function that gives it before each attempt. A call rejects with the function's own error. */
  readonly token: string | (() => string | Promise<string>);
  /** Used instead of the global `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** How long a call may take, its retries included: 10 000 by default, `Infinity` for no limit. */
  readonly timeoutMs?: number | undefined;
  /** The largest number of retries of a call whose failure may be transient: 2 by default. */
  readonly retries?: number | undefined;
  /** Extra headers of every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Gives the `traceparent` of the span that a call belongs to (W3C Trace Context): the registry goes on with that trace.
   * Asked once for each call, when it is made. Without a value, with one of another form and when it throws, the call has
   * none: a trace never fails a call. Feeds and what else goes on in the background belong to no trace.
   */
  readonly traceparent?: (() => string | undefined) | undefined;
}

/** How long a caller waits. */
export interface WaitOptions {
  /** Ends the call with the code `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Overrides the client's timeout. A list grants this time to each page. */
  readonly timeoutMs?: number | undefined;
}

/** The options of a call that changes nothing. */
export interface QueryOptions extends WaitOptions {
  /**
   * The `Cookie` header of a person's request. Given, the call is made by the person whose session is in it, and never with
   * the client's token: without a session, also when undefined is given, it has no credential. Only the session's cookie is
   * sent on. For servers: browsers let no program send cookies.
   */
  readonly cookie?: string | undefined;
}

/** The options of a call that may make a change. */
export interface MutationOptions extends WaitOptions {
  /** Two calls with one key make one change; at most 255 characters. Each call has a key of its own by default. */
  readonly idempotencyKey?: string | undefined;
  /** The ETag of the version to change. The registry refuses the change with `precondition_failed` at any other version. */
  readonly ifMatch?: string | undefined;
}

/** The options that a call of any kind may have. */
export type CallOptions = QueryOptions & MutationOptions;

/** Returns the options with their defaults. Throws a `TypeError`, without secrets in it, for an option that cannot work. */
export function checkedOptions({
  url,
  token,
  fetch,
  timeoutMs = TIMEOUT_MS,
  retries = RETRIES,
  headers = {},
  traceparent,
}: ClientOptions) {
  if (!Number.isInteger(retries) || retries < 0 || retries > RETRIES_MAX) {
    throw new TypeError(`retries must be a whole number from 0 to ${RETRIES_MAX}.`);
  }
  return {
    url: checkedUrl(url),
    token: typeof token === 'function' ? token : checkedToken(token),
    // The global fetch is looked up at each call, so that a later replacement (by a test, by tracing) takes effect.
    fetch: fetch ?? ((target: string, init: RequestInit) => globalThis.fetch(target, init)),
    timeoutMs: checkedTimeoutMs(timeoutMs),
    retries,
    headers: checkedHeaders(headers),
    traceparent,
  };
}

/** Returns the timeout. Throws a `TypeError` unless it is above 0. */
export function checkedTimeoutMs(timeoutMs: number): number {
  if (!(timeoutMs > 0)) throw new TypeError('timeoutMs must be a number of milliseconds above 0.');
  return timeoutMs;
}

function checkedUrl(url: string | URL): string {
  const parsed = URL.canParse(String(url)) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new TypeError('The url must be the address of the registry and begin with http:// or https://.');
  }
  const { username, password, search, hash, origin, pathname } = parsed;
  if (username + password + search + hash !== '') {
    throw new TypeError('The url must have no user, no password, no query and no fragment.');
  }
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}
