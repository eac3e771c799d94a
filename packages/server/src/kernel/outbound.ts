/**
 * Fetches from other people's servers, whose URLs come from callers: only what `outbound/policy.ts` allows, and the
 * address that is checked is the address that is connected to, so a name cannot resolve to something else in between.
 */
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { hostOf, isInsideName, type OutboundEntry, type OutboundPolicy, outboundPolicy } from './outbound/policy.ts';
import { createResolver, NO_SUCH_NAME, type Resolve } from './outbound/resolver.ts';

const TIMEOUT_MS = 5_000;
const BYTES_MAX = 524_288;
const REDIRECTS_MAX = 3;
const REDIRECTS = [301, 302, 303, 307, 308];
// Codes like ERR_TLS_CERT_ALTNAME_INVALID, DEPTH_ZERO_SELF_SIGNED_CERT, UNABLE_TO_GET_ISSUER_CERT.
const TLS_CODE = /CERT|SELF_SIGNED|UNABLE_TO|^ERR_(TLS|SSL)/;
/** The name servers did not answer. */
const TOO_LATE = 'ETIMEOUT';

/** Why nothing was fetched: `outbound_refused` by our rules, `outbound_failed` over there. The message is for callers; the cause, with addresses, for the log. */
export class OutboundError extends Error {
  readonly code: 'outbound_refused' | 'outbound_failed';

  constructor(code: OutboundError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'OutboundError';
    this.code = code;
  }
}

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
  /** Certificates to trust instead of the usual ones (PEM). */
  readonly ca?: string;
}

export function createOutbound(options: OutboundOptions = {}): Outbound {
  const policy = outboundPolicy(options.allow ?? []);
  const { timeoutMs = TIMEOUT_MS, bytesMax = BYTES_MAX, redirectsMax = REDIRECTS_MAX } = options;
  const { resolve = createResolver({ servers: options.nameServers ?? [] }), ca } = options;
  const acceptsScheme = (url: URL) => url.protocol === 'https:' || (url.protocol === 'http:' && policy.namesHost(url));

  function sendChecked(url: URL, signal: AbortSignal, form?: PostedForm): Promise<IncomingMessage> {
    const refusal = refusalOf(url, acceptsScheme, policy);
    if (refusal !== undefined) throw new OutboundError('outbound_refused', refusal);
    return send(url, { policy, resolve, signal, form, ...(ca === undefined ? {} : { ca }) });
  }

  async function get(text: string, signal: AbortSignal): Promise<string> {
    let url = parsed(text);
    for (let redirects = 0; redirects <= redirectsMax; redirects++) {
      const response = await sendChecked(url, signal);
      const { statusCode, headers } = response;
      if (!REDIRECTS.includes(statusCode ?? 0) || headers.location === undefined) {
        if (statusCode === 200) return await read(response, bytesMax);
        response.destroy();
        throw new OutboundError('outbound_failed', `The host answers with status ${statusCode}.`);
      }
      response.destroy();
      url = next(url, headers.location);
    }
    throw new OutboundError('outbound_failed', `The host redirects more than ${redirectsMax} times.`);
  }

  async function post(url: string, form: PostedForm, signal: AbortSignal): Promise<PostAnswer> {
    const response = await sendChecked(parsed(url), signal, form);
    const contentType = response.headers['content-type'] ?? '';
    return { status: response.statusCode ?? 0, contentType, text: await read(response, bytesMax) };
  }

  async function inTime<T>(caller: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      caller?.throwIfAborted();
      return await work(caller === undefined ? deadline : AbortSignal.any([deadline, caller]));
    } catch (error) {
      if (caller?.aborted) throw caller.reason;
      throw toOutboundError(error, deadline);
    }
  }

  return {
    get: (url, { signal: caller } = {}) => inTime(caller, (signal) => get(url, signal)),
    post: (url, form) => inTime(form.signal, (signal) => post(url, form, signal)),
    acceptsScheme,
    refusalOf: (text) => spelling(text) ?? refusalOf(new URL(text), acceptsScheme, policy) ?? insideName(text, policy),
  };
}

/** Other readers of the URL may take these for something else than is meant here. */
const PLAIN = /^https?:\/\/[!-[\]-~]+$/i;

/** Returns why the text is refused before it is read: a host in other letters is written in its ASCII form. */
function spelling(text: string): string | undefined {
  if (!PLAIN.test(text))
    return 'The URL must begin with https:// and have visible ASCII characters only, no backslash.';
  if (!URL.canParse(text)) return 'The URL cannot be read.';
  return new URL(text).port === '0' ? 'No host listens on port 0.' : undefined;
}

/** Names that are known to be inside without a question to a name server. */
function insideName(text: string, policy: OutboundPolicy): string | undefined {
  const url = new URL(text);
  return !policy.namesHost(url) && isInsideName(hostOf(url)) ? NOT_PUBLIC : undefined;
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

/** Returns why the URL is refused before its name is resolved. An address in it is never looked up, so it is checked here. */
function refusalOf(url: URL, acceptsScheme: Outbound['acceptsScheme'], policy: OutboundPolicy): string | undefined {
  if (!acceptsScheme(url)) return 'Only https is fetched.';
  if (url.username !== '' || url.password !== '') return 'A URL with a user or password in it is not fetched.';
  const host = hostOf(url);
  return isIP(host) !== 0 && !policy.allowsAddress(host, url) ? NOT_PUBLIC : undefined;
}

// One sentence for an inside name and for a name that does not exist: the answer must not tell which inside names exist.
const NOT_PUBLIC = 'The host has no public address.';

interface Sending {
  readonly policy: OutboundPolicy;
  readonly resolve: Resolve;
  readonly signal: AbortSignal;
  readonly form: PostedForm | undefined;
  readonly ca?: string;
}

const HEADERS = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'tenant-registry' };
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** One request, no redirect followed. A fresh connection each time: a kept one was checked for another URL. */
function send(url: URL, { policy, resolve, signal, form, ca }: Sending): Promise<IncomingMessage> {
  const body = form?.body.toString();
  const options = {
    method: body === undefined ? 'GET' : 'POST',
    agent: false,
    signal,
    lookup: checkedLookup(url, policy, (host) => resolve(host, { signal, named: policy.namesHost(url) })),
    headers: {
      ...form?.headers,
      ...HEADERS,
      // Its encoding is ASCII.
      ...(body === undefined ? {} : { 'content-type': FORM_TYPE, 'content-length': String(body.length) }),
    },
    ...(ca === undefined ? {} : { ca }),
  };
  return new Promise((resolved, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, options, resolved);
    request.on('error', reject);
    request.end(body);
  });
}

/** The resolver that the socket itself uses, so that it connects to the addresses that were checked. One refused address refuses all. */
function checkedLookup(
  url: URL,
  policy: OutboundPolicy,
  resolve: (host: string) => ReturnType<Resolve>,
): LookupFunction {
  return (host, { all }, callback) => {
    resolve(host).then(
      (found) => {
        const [first] = found;
        const refused = found.filter(({ address }) => !policy.allowsAddress(address, url));
        if (first === undefined || refused.length > 0) {
          const cause = new Error(`${host} resolves to ${found.map(({ address }) => address).join(', ') || 'nothing'}`);
          callback(new OutboundError('outbound_refused', NOT_PUBLIC, cause), []);
        } else if (all) callback(null, [...found]);
        else callback(null, first.address, first.family);
      },
      (error) => callback(error, []),
    );
  };
}

async function read(response: IncomingMessage, bytesMax: number): Promise<string> {
  const { headers } = response;
  try {
    if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
      throw new OutboundError('outbound_failed', 'The host compresses its answer although it was asked not to.');
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw new OutboundError('outbound_failed', `The answer is larger than ${bytesMax} bytes.`);
      chunks.push(chunk);
    }
    return new TextDecoder().decode(Buffer.concat(chunks));
  } finally {
    response.destroy();
  }
}

function toOutboundError(error: unknown, deadline: AbortSignal): OutboundError {
  if (error instanceof OutboundError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (deadline.aborted || code === TOO_LATE) {
    return new OutboundError('outbound_failed', 'The host does not answer in time.', error);
  }
  if (NO_SUCH_NAME.includes(code)) return new OutboundError('outbound_refused', NOT_PUBLIC, error);
  const message = TLS_CODE.test(code) ? "The host's TLS certificate is not trusted." : 'The host cannot be reached.';
  return new OutboundError('outbound_failed', message, error);
}
