/** What can be set: for a client, and for a call. */
import { checkedHeaders, checkedToken } from './headers.ts';
import type { Fetch } from './transport.ts';

const TIMEOUT_MS = 10_000;
const RETRIES = 2;
const RETRIES_MAX = 10;

export interface ClientOptions {
  /** Where the registry is: `https://registry.example.com`. */
  readonly url: string | URL;
  /** The bearer token, or a function that is asked for it before each attempt; what it throws, the call rejects with. */
  readonly token: string | (() => string | Promise<string>);
  /** Instead of the global `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** How long a call may take, with its retries; 10 000 when absent, `Infinity` for no end. */
  readonly timeoutMs?: number | undefined;
  /** How often a call is repeated at most, when that is safe; 2 when absent. */
  readonly retries?: number | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What a call that changes nothing takes. */
export interface QueryOptions {
  /** Ends the call with the code `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Instead of the client's. For a list, the time of each page. */
  readonly timeoutMs?: number | undefined;
}

/** What a call that may change something takes. */
export interface MutationOptions extends QueryOptions {
  /** The same for two calls that mean the same change, at most 255 characters; made for each call when absent. */
  readonly idempotencyKey?: string | undefined;
  /** The ETag of the version that the change is meant for; another version is refused with `precondition_failed`. */
  readonly ifMatch?: string | undefined;
}

/** Returns the options with their defaults. Throws a `TypeError`, without quoting secrets, for one that cannot work. */
export function checkedOptions({
  url,
  token,
  fetch,
  timeoutMs = TIMEOUT_MS,
  retries = RETRIES,
  headers = {},
}: ClientOptions) {
  if (!Number.isInteger(retries) || retries < 0 || retries > RETRIES_MAX) {
    throw new TypeError(`retries must be a whole number from 0 to ${RETRIES_MAX}.`);
  }
  return {
    url: checkedUrl(url),
    token: typeof token === 'function' ? token : checkedToken(token),
    // Looked up at each call: what replaces the global fetch later is used.
    fetch: fetch ?? ((target: string, init: RequestInit) => globalThis.fetch(target, init)),
    timeoutMs: checkedTimeoutMs(timeoutMs),
    retries,
    headers: checkedHeaders(headers),
  };
}

/** Returns it, or throws a `TypeError` when no call could end in that time. */
export function checkedTimeoutMs(timeoutMs: number): number {
  if (!(timeoutMs > 0)) throw new TypeError('timeoutMs must be a number of milliseconds above 0.');
  return timeoutMs;
}

function checkedUrl(url: string | URL): string {
  const parsed = URL.canParse(String(url)) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new TypeError('The url must be that of the registry, with http:// or https:// in front.');
  }
  const { username, password, search, hash, origin, pathname } = parsed;
  if (username + password + search + hash !== '') {
    throw new TypeError('The url must have no user, no password, no query and no fragment.');
  }
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}
