/** Sends one attempt: tRPC's link makes the request and takes the result out of the answer. */
import { createTRPCUntypedClient, httpLink, TRPCClientError } from '@trpc/client';
import { type Answer, type Failure, failureOf, type RawAnswer, readAnswer } from './answer.ts';

/** The part of the standard `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Attempt {
  readonly type: 'query' | 'mutation';
  /** The procedure's path: `tenants.create`. */
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
  /** Calls the procedure. */
  readonly send: Send<Answer<unknown>>;
  /** Opens a stream of this media type at a route of `/v1`, with the rest of the input as query parameters. */
  open(route: string, mediaType: string): Send<ReadableStream<Uint8Array>>;
  /** Puts the rest of the input, as JSON, to a route of `/v1`. The content of the answer is not read. */
  put(route: string): Send<void>;
}

/** Returns a transport to the registry at the URL. */
export function createTransport(url: string, fetch: Fetch): Transport {
  const trpc = createTRPCUntypedClient({
    links: [
      httpLink({
        url: `${url}/trpc`,
        // `send`, the only caller, puts the headers into the context.
        headers: ({ op }) => op.context['headers'] as Record<string, string>,
        fetch: (target, init) => exchange(fetch, String(target), init as RequestInit),
      }),
    ],
  });
  return {
    async send({ type, path, input, headers, signal }) {
      try {
        const options = { signal, context: { headers } };
        const call = type === 'query' ? trpc.query(path, input, options) : trpc.mutation(path, input, options);
        return (await call) as Answer<unknown>; // `exchange` makes the result
      } catch (error) {
        // tRPC wraps every error that `exchange` throws.
        throw error instanceof TRPCClientError ? (error.cause ?? error) : error;
      }
    },
    open:
      (route, mediaType) =>
      async ({ input, headers, signal }) => {
        const { path, rest } = filled(route, input);
        const response = await orNetworkFailure(() => fetch(url + path + queryOf(rest), { headers, signal }));
        const { status, headers: given, body } = response;
        const asked = given.get('content-type')?.startsWith(mediaType);
        if (status === 200 && asked && body !== null) return body;
        throw new AttemptFailed(failureOf(await rawOf(response), new Date()));
      },
    put:
      (route) =>
      async ({ input, headers, signal }) => {
        const { path, rest } = filled(route, input);
        const init = { method: 'PUT', headers: { ...headers, 'content-type': 'application/json' }, signal };
        const response = await orNetworkFailure(() => fetch(url + path, { ...init, body: JSON.stringify(rest) }));
        const raw = await rawOf(response);
        if (!response.ok) throw new AttemptFailed(failureOf(raw, new Date()));
      },
  };
}

/** Fetches an answer and hands it to tRPC as the result, the metadata of its headers included. */
async function exchange(fetch: Fetch, url: string, init: RequestInit) {
  const answer = readAnswer(await rawOf(await orNetworkFailure(() => fetch(url, init))), new Date());
  if ('type' in answer) throw new AttemptFailed(answer);
  return { ok: true, json: async () => ({ result: { data: answer } }) };
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

/** Puts fields of the input into the names in braces of the route. Returns the path, and the fields that are left. */
export function filled(route: string, input: object): { readonly path: string; readonly rest: object } {
  const rest: Record<string, unknown> = { ...input };
  const path = route.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = encodeURIComponent(String(rest[name]));
    delete rest[name];
    return value;
  });
  return { path, rest };
}

function queryOf(input: object): string {
  const fields = Object.entries(input).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(fields.map(([name, value]): [string, string] => [name, String(value)]));
  return fields.length === 0 ? '' : `?${query}`;
}
