/**
 * Fetches from other people's servers, whose URLs come from callers: only what `outbound/policy.ts` allows, and the
 * address that is checked is the address that is connected to, so a name cannot resolve to something else in between.
 */
import type { IncomingMessage } from 'node:http';
import { checkedLookup, refusalOf, refusalOfText } from './outbound/check.ts';
import { OutboundError, toOutboundError } from './outbound/error.ts';
import { createConnections } from './outbound/kept-connections.ts';
import { type OutboundEntry, outboundPolicy } from './outbound/policy.ts';
import { readStart, readText } from './outbound/read.ts';
import { type OneRequest, requestOnce } from './outbound/request.ts';
import { createResolver, type Resolve } from './outbound/resolver.ts';

export { OutboundError } from './outbound/error.ts';

const TIMEOUT_MS = 5_000;
const BYTES_MAX = 524_288;
const REDIRECTS_MAX = 3;
const REDIRECTS = [301, 302, 303, 307, 308];
const FORM_TYPE = 'application/x-www-form-urlencoded';
/** What is read of the answer to a `send`. */
const SENT_ANSWER_BYTES_MAX = 16_384;

export interface Outbound {
  /**
   * Resolves with the text of a 200 answer within the time and size limits. Rejects with `OutboundError`, or with the
   * signal's reason when it aborts, which ends the look-up of the name and the request.
   */
  get(url: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<string>;
  /**
   * Sends a form and resolves with the answer of any status, within the same limits. A redirect is an answer: what is
   * sent, which can be a secret, goes to the host of the URL alone.
   */
  post(url: string, form: PostedForm): Promise<PostAnswer>;
  /**
   * Posts the body and resolves with the answer of any status, a redirect too, and at most 16 KiB of its text: the rest
   * is not read. Connections are kept for the next request to the origin; where a kept one turns out to be closed, the
   * request is sent once more, so its host may get it twice. Rejects like `get`.
   */
  send(url: string, message: SentMessage): Promise<SentAnswer>;
  /** Whether the URL may be used at all: https, or plain http to a host that OUTBOUND_ALLOW names. */
  acceptsScheme(url: URL): boolean;
  /**
   * Returns why the URL would be refused, in a sentence for callers, or undefined. Nothing is sent and no name is
   * resolved: a name is checked each time that it is used.
   */
  refusalOf(url: string): string | undefined;
}

export interface PostedForm {
  readonly body: URLSearchParams;
  /** On top of those that every request has. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface PostAnswer {
  readonly status: number;
  /** As the host names it; empty when it does not. */
  readonly contentType: string;
  readonly text: string;
}

export interface SentMessage {
  readonly body: string;
  readonly contentType: string;
  /** On top of those that every request has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Until the answer was read. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface SentAnswer {
  readonly status: number;
  readonly headers: {
    /** Retry-After as the host gives it. */
    readonly retryAfter: string | null;
  };
  /** Cut at 16 KiB; empty when the host compresses it although it was asked not to. */
  readonly text: string;
}

/** Runs the request of the method to the host, and resolves or rejects as it does. */
export type AroundRequest = (
  about: { readonly method: 'GET' | 'POST'; readonly url: URL },
  request: () => Promise<IncomingMessage>,
) => Promise<IncomingMessage>;

export interface OutboundOptions {
  readonly allow?: readonly OutboundEntry[];
  /** For a `get` as a whole, redirects included. */
  readonly timeoutMs?: number;
  readonly bytesMax?: number;
  /** How many redirects are followed. */
  readonly redirectsMax?: number;
  /** Name servers to ask, as `address:port`; the system's when there is none. */
  readonly nameServers?: readonly string[];
  /** Replaces the resolver. */
  readonly resolve?: Resolve;
  /** Runs each request to a host; absent: as it is. */
  readonly around?: AroundRequest | undefined;
  /** Certificates to trust instead of the usual ones (PEM). */
  readonly ca?: string;
}

/** Makes the one that the process fetches with; connections that `send` keeps are its own. */
export function createOutbound(options: OutboundOptions = {}): Outbound {
  const { timeoutMs = TIMEOUT_MS, bytesMax = BYTES_MAX, redirectsMax = REDIRECTS_MAX } = options;
  const { acceptsScheme, policy, ask } = createAsking(options);
  const connections = createConnections();

  async function get(text: string, signal: AbortSignal): Promise<string> {
    let url = parsed(text);
    for (let redirects = 0; redirects <= redirectsMax; redirects++) {
      const response = await ask(url, { signal });
      const { statusCode, headers } = response;
      if (!REDIRECTS.includes(statusCode ?? 0) || headers.location === undefined) {
        if (statusCode === 200) return await readText(response, bytesMax);
        response.destroy();
        throw new OutboundError('outbound_failed', `The host answers with status ${statusCode}.`);
      }
      response.destroy();
      url = next(url, headers.location);
    }
    throw new OutboundError('outbound_failed', `The host redirects more than ${redirectsMax} times.`);
  }

  async function post(url: string, { body, headers }: PostedForm, signal: AbortSignal): Promise<PostAnswer> {
    const bytes = Buffer.from(body.toString());
    const response = await ask(parsed(url), { signal, headers, body: { contentType: FORM_TYPE, bytes } });
    const contentType = response.headers['content-type'] ?? '';
    return { status: response.statusCode ?? 0, contentType, text: await readText(response, bytesMax) };
  }

  async function send(text: string, { body, contentType, headers }: SentMessage, signal: AbortSignal) {
    const url = parsed(text);
    const agent = connections.agentFor(url);
    const response = await ask(url, { signal, headers, agent, body: { contentType, bytes: Buffer.from(body) } });
    const retryAfter = response.headers['retry-after'] ?? null;
    const start = await readStart(response, SENT_ANSWER_BYTES_MAX);
    return { status: response.statusCode ?? 0, headers: { retryAfter }, text: start };
  }

  return {
    get: (url, { signal } = {}) => inTime({ timeoutMs, signal }, (ending) => get(url, ending)),
    post: (url, form) => inTime({ timeoutMs, signal: form.signal }, (ending) => post(url, form, ending)),
    send: (url, message) => inTime(message, (ending) => send(url, message, ending)),
    acceptsScheme,
    refusalOf: (url) => refusalOfText(url, acceptsScheme, policy),
  };
}

/** One request of a URL that the rules allow, over a connection to an address that they allow. */
function createAsking({ allow = [], nameServers = [], ca, around, ...given }: OutboundOptions) {
  const policy = outboundPolicy(allow);
  const { resolve = createResolver({ servers: nameServers }) } = given;
  const acceptsScheme = (url: URL) => url.protocol === 'https:' || (url.protocol === 'http:' && policy.namesHost(url));
  return {
    acceptsScheme,
    policy,
    async ask(url: URL, request: Omit<OneRequest, 'lookup' | 'ca'>): Promise<IncomingMessage> {
      const refusal = refusalOf(url, acceptsScheme, policy);
      if (refusal !== undefined) throw new OutboundError('outbound_refused', refusal);
      const { signal } = request;
      const lookup = checkedLookup(url, policy, (host) => resolve(host, { signal, named: policy.namesHost(url) }));
      const run = () => requestOnce(url, { ...request, lookup, ca });
      return around === undefined ? run() : around({ method: request.body === undefined ? 'GET' : 'POST', url }, run);
    },
  };
}

interface Limited {
  readonly timeoutMs: number;
  /** The caller's, which may leave earlier. */
  readonly signal?: AbortSignal | undefined;
}

async function inTime<T>({ timeoutMs, signal: caller }: Limited, work: (ending: AbortSignal) => Promise<T>) {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    caller?.throwIfAborted();
    const ending = caller === undefined ? deadline : AbortSignal.any([deadline, caller]);
    return await untilAborted(work(ending), ending);
  } catch (error) {
    if (caller?.aborted) throw caller.reason;
    throw toOutboundError(error, deadline);
  }
}

/** Whatever the work waits for, it is waited for no longer than the signal allows. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}

function parsed(text: string, base?: URL): URL {
  if (!URL.canParse(text, base?.href)) throw new OutboundError('outbound_refused', 'The URL cannot be read.');
  return new URL(text, base);
}

function next(from: URL, location: string): URL {
  const url = parsed(location, from);
  if (from.protocol === 'https:' && url.protocol !== 'https:') {
    throw new OutboundError('outbound_refused', 'The host redirects from https to something weaker.');
  }
  return url;
}
