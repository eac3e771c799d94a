/** A client of the Kubernetes API for tests: plain fetch, whole answers. */
import type { JsonObject } from '../../src/testing/kube/types.ts';

export const APPLY = 'application/apply-patch+yaml';
export const MERGE = 'application/merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';

export interface KubeAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The body as an object; a text that is none stands in `text`. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read deep into answers of many forms, and assert what they read
  readonly body: any;
  readonly text: string;
}

export interface Sending {
  readonly body?: unknown;
  readonly type?: string;
  readonly query?: Readonly<Record<string, string>>;
}

export interface KubeClient {
  readonly url: string;
  readonly token: string;
  call(method: string, path: string, sending?: Sending): Promise<KubeAnswer>;
  /** Opens a watch; its events are read one by one. */
  watch(path: string, query?: Readonly<Record<string, string>>): Promise<KubeWatch>;
}

export interface KubeWatch {
  /** Answers the next event; undefined when the watch has ended. */
  next(): Promise<{ type: string; object: JsonObject & { metadata: JsonObject } } | undefined>;
  close(): Promise<void>;
}

export function createKubeClient(url: string, token: string): KubeClient {
  const headers = { authorization: `Bearer ${token}`, 'user-agent': 'exchanges/1.0' };
  return {
    url,
    token,
    async call(method, path, { body, type = 'application/json', query } = {}) {
      const response = await fetch(`${url}${path}?${new URLSearchParams(query)}`, {
        method,
        headers: body === undefined ? headers : { ...headers, 'content-type': type },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') ?? false;
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : {}, text };
    },
    async watch(path, query = {}) {
      const abort = new AbortController();
      const search = new URLSearchParams({ watch: 'true', ...query });
      const response = await fetch(`${url}${path}?${search}`, { headers, signal: abort.signal });
      if (!response.ok || !response.body) throw new Error(`a watch was answered ${response.status}`);
      const lines = linesOf(response.body);
      return {
        async next() {
          const { value, done } = await lines.next();
          return done ? undefined : JSON.parse(value);
        },
        async close() {
          abort.abort();
        },
      };
    },
  };
}

/** Reads lines, however they are cut. Throws when the connection breaks. */
async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
