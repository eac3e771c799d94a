/** The few calls of `/v1` that declared state is read and written by. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { RefusedError } from './problem.ts';

/** An object of an answer or a request. The members that are named here are those that code looks at by name. */
export interface Row {
  readonly [name: string]: unknown;
  readonly id?: unknown;
  readonly name?: unknown;
  readonly key?: unknown;
  readonly version?: unknown;
  readonly content?: unknown;
  readonly schema?: unknown;
  readonly schema_id?: unknown;
  readonly principal?: unknown;
  readonly level?: unknown;
  readonly source?: unknown;
  readonly status?: unknown;
  readonly kind?: unknown;
  readonly slug?: unknown;
  readonly alias?: unknown;
  readonly email?: unknown;
  readonly product?: unknown;
  readonly disabled?: unknown;
  readonly disabled_at?: unknown;
  readonly provisioned_by?: unknown;
  readonly federation_kind?: unknown;
  readonly cidr?: unknown;
  readonly space?: unknown;
  readonly rest_seconds?: unknown;
  readonly description?: unknown;
  readonly etag?: unknown;
  readonly updated_at?: unknown;
  readonly items?: unknown;
  readonly next_cursor?: unknown;
  readonly code?: unknown;
  readonly title?: unknown;
  readonly detail?: unknown;
  readonly pointer?: unknown;
  readonly field?: unknown;
  readonly message?: unknown;
}
type Query = Readonly<Record<string, string | number | boolean>>;

export interface Found {
  readonly row: Row;
  /** The strong tag of this very representation. */
  readonly etag: string | null;
}

interface Change {
  readonly body?: Row;
  readonly query?: Query;
  /** The change is refused when the resource is no longer the one of this tag. */
  readonly ifMatch?: string | null;
}

export interface Api {
  /** Resolves to null when there is none. */
  get(path: string, query?: Query): Promise<Found | null>;
  /** Resolves to the items of all pages. */
  list(path: string, query: Query): Promise<Row[]>;
  /** Resolves to the answer; an empty one is an empty object. A repetition after a lost answer changes nothing twice. */
  send(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, change?: Change): Promise<Row>;
}

export interface ApiOptions {
  readonly url: string;
  readonly token: string;
  readonly fetch?: typeof fetch;
}

const ATTEMPTS = 4;
const TIMEOUT_MS = 60_000;
const PAUSE_MS = 500;
const RETRY_AFTER_MAX_S = 60;
const PAGE = 100;

/** Returns the calls of the registry at that URL. They throw `RefusedError` with the registry's own words. */
export function createApi({ url, token, fetch: send = fetch }: ApiOptions): Api {
  const base = url.replace(/\/+$/, '');
  const request = async (method: string, path: string, { body, query, ifMatch }: Change = {}): Promise<Response> => {
    const address = `${base}${path}${queryText(query)}`;
    const headers: Record<string, string> = { authorization: `Bearer ${token}`, accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (ifMatch !== undefined && ifMatch !== null) headers['if-match'] = ifMatch;
    if (method === 'POST') headers['idempotency-key'] = randomUUID();
    const once = () =>
      send(address, {
        method,
        headers,
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    return withRetries(once, base);
  };
  const get: Api['get'] = async (path, query = {}) => {
    const response = await request('GET', path, { query });
    if (response.status === 404) return null;
    return { row: await rowOf(response, `GET ${path}`), etag: response.headers.get('etag') };
  };
  const list: Api['list'] = async (path, query) => {
    const items: Row[] = [];
    let cursor: string | null = null;
    do {
      const pages: Query = { ...query, limit: PAGE, ...(cursor === null ? {} : { cursor }) };
      const row = await rowOf(await request('GET', path, { query: pages }), `GET ${path}`);
      items.push(...(row.items as Row[]));
      cursor = (row.next_cursor as string | null | undefined) ?? null;
    } while (cursor !== null);
    return items;
  };
  return {
    get,
    list,
    send: async (method, path, change) => rowOf(await request(method, path, change), `${method} ${path}`),
  };
}

function queryText(query: Query = {}): string {
  const texts = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]));
  const text = new URLSearchParams(texts).toString();
  return text === '' ? '' : `?${text}`;
}

/** Asks again where no answer came, or one that says that another may come later. */
async function withRetries(once: () => Promise<Response>, base: string): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await once().catch((error: unknown) => error);
    const response = answer instanceof Response ? answer : undefined;
    if (response !== undefined && response.status !== 429 && response.status < 502) return response;
    if (attempt === ATTEMPTS) {
      if (response !== undefined) return response;
      throw new RefusedError(`the registry at ${base} does not answer: ${reasonOf(answer)}`);
    }
    await response?.body?.cancel();
    await pause(waitOf(response, attempt));
  }
}

function waitOf(response: Response | undefined, attempt: number): number {
  const seconds = Number(response?.headers.get('retry-after') ?? Number.NaN);
  return seconds > 0 ? Math.min(seconds, RETRY_AFTER_MAX_S) * 1_000 : PAUSE_MS * 2 ** attempt;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

async function rowOf(response: Response, what: string): Promise<Row> {
  const text = await response.text();
  const row = parsed(text);
  if (response.ok && row !== null) return row;
  if (row === null) throw new RefusedError(`${what}: HTTP ${response.status}, and no answer of a registry`);
  throw new RefusedError(`${[row.code ?? response.status, row.detail ?? row.title].join(': ')}${mistakesOf(row)}`);
}

function parsed(text: string): Row | null {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : null;
  } catch {
    return null;
  }
}

function mistakesOf({ errors }: Row): string {
  if (!Array.isArray(errors) || errors.length === 0) return '';
  const texts = errors.map((each: Row) =>
    `${each.pointer ?? each.field ?? ''} ${each.message ?? each.detail ?? ''}`.trim(),
  );
  return ` (${texts.join('; ')})`;
}
