/** Sends one attempt of a call as a request of `/v1`. */
import { type Answer, type Failure, failureOf, type RawAnswer, readAnswer } from './answer.ts';

/** The part of the standard `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Attempt {
  readonly type: 'query' | 'mutation';
  /** The operation's name, for errors: `tenants.create`. */
  readonly path: string;
  readonly input: object;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Thrown for an attempt that gave no result. It never leaves the client. */
export class AttemptFailed extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.type);
    this.failure = failure;
  }
}

/** Resolves to the output or rejects with `AttemptFailed`. Only input that JSON cannot express rejects otherwise. */
export type Send<T> = (attempt: Attempt) => Promise<T>;

export interface Transport {
  /**
   * Calls the operation of this method and route. The rest of the input is the query of a GET or DELETE, and the JSON body
   * of other methods, without the fields that the route names after a question mark.
   */
  send(method: string, route: string): Send<Answer<unknown>>;
  /** Opens a stream of this media type at a route of `/v1`, with the rest of the input as query parameters. */
  open(route: string, mediaType: string): Send<ReadableStream<Uint8Array>>;
  /** Puts the rest of the input, as JSON, to a route of `/v1`. The content of the answer is not read. */
  put(route: string): Send<void>;
}

/** Returns a transport to the registry at the URL. */
export function createTransport(url: string, fetch: Fetch): Transport {
  async function exchange(method: string, route: string, { input, headers, signal }: Attempt): Promise<RawAnswer> {
    const { target, body } = requestOf(method, route, input);
    const sent =
      body === undefined ? { headers } : { headers: { ...headers, 'content-type': 'application/json' }, body };
    return rawOf(await orNetworkFailure(() => fetch(url + target, { method, signal, ...sent })));
  }
  return {
    send: (method, route) => async (attempt) => {
      const answer = readAnswer(await exchange(method, route, attempt), new Date());
      if ('type' in answer) throw new AttemptFailed(answer);
      return answer;
    },
    open:
      (route, mediaType) =>
      async ({ input, headers, signal }) => {
        const { target } = requestOf('GET', route, input);
        const response = await orNetworkFailure(() => fetch(url + target, { headers, signal }));
        const { status, headers: given, body } = response;
        const asked = given.get('content-type')?.startsWith(mediaType);
        if (status === 200 && asked && body !== null) return body;
        throw new AttemptFailed(failureOf(await rawOf(response), new Date()));
      },
    put: (route) => async (attempt) => {
      const raw = await exchange('PUT', route, attempt);
      if (raw.status < 200 || raw.status > 299) throw new AttemptFailed(failureOf(raw, new Date()));
    },
  };
}

/** Reads the whole body, so that a connection that breaks in the middle of the body counts as a network failure. */
async function rawOf(response: Response): Promise<RawAnswer> {
  const { status, headers } = response;
  return { status, headers, text: await orNetworkFailure(() => response.text()) };
}

async function orNetworkFailure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new AttemptFailed({ type: 'network', cause });
  }
}

/** Where the input of a call goes: path and query in `target`, and the JSON of the body, if any. */
function requestOf(method: string, route: string, input: object) {
  const [template = '', ...inQuery] = route.split('?');
  const { path, rest } = filled(template, input);
  if (method === 'GET' || method === 'DELETE') return { target: path + queryOf(rest), body: undefined };
  const fields = Object.entries(rest).filter(([, value]) => value !== undefined);
  const isInQuery = ([name]: readonly [string, unknown]) => inQuery.includes(name);
  const body = fields.filter((field) => !isInQuery(field));
  return {
    target: path + queryOf(Object.fromEntries(fields.filter(isInQuery))),
    body: body.length === 0 ? undefined : JSON.stringify(Object.fromEntries(body)),
  };
}

/**
 * Puts fields of the input into the names in braces of the route. Returns the path, and the fields that are left. Throws
 * `AttemptFailed` as the registry would answer for a field that would lead to another route: an empty one, `.` or `..`.
 */
export function filled(route: string, input: object): { readonly path: string; readonly rest: object } {
  const rest: Record<string, unknown> = { ...input };
  const path = route.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name];
    delete rest[name];
    return segmentOf(name, value);
  });
  return { path, rest };
}

function segmentOf(name: string, value: unknown): string {
  const text = String(value ?? '');
  // A lone surrogate has no encoding.
  if (/^\.{0,2}$|\p{Surrogate}/u.test(text)) throw new AttemptFailed(misplaced(name));
  return encodeURIComponent(text);
}

function misplaced(name: string): Failure {
  const message = 'is missing, or cannot be a part of a path';
  const problem = {
    type: 'urn:tenant-registry:problem:invalid_input',
    title: 'Bad request',
    status: 400,
    detail: `/${name} ${message}.`,
    instance: '',
    code: 'invalid_input',
    errors: [{ pointer: `/${name}`, message, in: 'path' }],
  } as const;
  return { type: 'answer', status: 400, problem, requestId: undefined, retryAfter: undefined };
}

function queryOf(input: object): string {
  const fields = Object.entries(input).filter(([, value]) => value !== undefined);
  if (fields.length === 0) return '';
  return `?${new URLSearchParams(fields.map(([name, value]): [string, string] => [name, String(value)]))}`;
}
