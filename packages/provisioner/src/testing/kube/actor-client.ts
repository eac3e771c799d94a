/**
 * A client of the stand-in for its own actors: what the operator and the garbage collector write goes through all rules of
 * the API. They are in its process, so faults that a test plans for callers do not hit them.
 */
import { answer } from './handler.ts';
import { metadataOf, stringAt } from './json.ts';
import { routeOf } from './routes.ts';
import { ApiError } from './status.ts';
import type { Store } from './store.ts';
import type { JsonObject, ResourceType } from './types.ts';

interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: JsonObject;
}

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export type Propagation = 'Foreground' | 'Background' | 'Orphan';

/** The verbs that actors need. Each throws an `ApiError` when the API refuses. */
export interface Objects {
  /** The kinds that it can name. */
  readonly kinds: readonly string[];
  /** Answers all objects of a kind, of all namespaces. */
  list(kind: string): Promise<JsonObject[]>;
  /** Answers undefined where there is none. */
  get(kind: string, place: Place): Promise<JsonObject | undefined>;
  create(object: JsonObject): Promise<JsonObject>;
  /** Replaces all but the status; 409 where the object changed since it was read. */
  replace(object: JsonObject): Promise<JsonObject>;
  /** Replaces the status alone; 409 where the object changed since it was read. */
  replaceStatus(object: JsonObject): Promise<JsonObject>;
  /** Deletes that very object; one that is gone already is fine. */
  remove(object: JsonObject, propagation: Propagation): Promise<void>;
}

/** Makes a client of a server under the name of a field manager. */
export function createObjects(options: {
  readonly api: { readonly store: Store; readonly types: readonly ResourceType[] };
  readonly manager: string;
  readonly clock: () => Date;
}): Objects {
  const { api, manager, clock } = options;
  const typeOf = (kind: string): ResourceType => {
    const type = api.types.find((one) => one.kind === kind);
    if (type === undefined) throw new TypeError(`The kind ${kind} is not served.`);
    return type;
  };
  const send = async ({ method, path, body }: ApiRequest): Promise<JsonObject> => {
    const url = new URL(path, 'http://in-process');
    const route = routeOf(method, url, api.types);
    if (route === undefined) throw new TypeError(`No resource is at ${path}.`);
    const text = body === undefined ? '' : JSON.stringify(body);
    const asked = { contentType: 'application/json', userAgent: manager, body: text, now: clock(), warnings: [] };
    return structuredClone(answer({ route, store: api.store, query: url.searchParams, ...asked }).body);
  };
  const put = (object: JsonObject, part: string) =>
    send({ method: 'PUT', path: `${pathOf(typeOf(stringAt(object, 'kind')), placeOf(object))}${part}`, body: object });
  return {
    get kinds() {
      return api.types.map(({ kind }) => kind);
    },
    async list(kind) {
      const type = typeOf(kind);
      const { items } = await send({ method: 'GET', path: pathOf(type) });
      const apiVersion = apiVersionOf(type);
      return (Array.isArray(items) ? items : []).map((item) => ({ apiVersion, kind, ...(item as JsonObject) }));
    },
    get: (kind, place) => send({ method: 'GET', path: pathOf(typeOf(kind), place) }).catch(noneIfGone),
    create: (object) => {
      const { namespace } = placeOf(object);
      return send({ method: 'POST', path: pathOf(typeOf(stringAt(object, 'kind')), { namespace }), body: object });
    },
    replace: (object) => put(object, ''),
    replaceStatus: (object) => put(object, '/status'),
    async remove(object, propagationPolicy) {
      const uid = stringAt(metadataOf(object), 'uid');
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy, preconditions: { uid } };
      const path = pathOf(typeOf(stringAt(object, 'kind')), placeOf(object));
      await send({ method: 'DELETE', path, body }).catch(noneIfGone);
    },
  };
}

function noneIfGone(error: unknown): undefined {
  if (error instanceof ApiError && error.code === 404) return undefined;
  throw error;
}

/** Answers where an object is. */
export function placeOf(object: JsonObject): Place {
  const metadata = metadataOf(object);
  return { namespace: stringAt(metadata, 'namespace'), name: stringAt(metadata, 'name') };
}

const apiVersionOf = ({ group, version }: ResourceType): string => (group === '' ? version : `${group}/${version}`);

function pathOf(type: ResourceType, place: Partial<Place> = {}): string {
  const { namespace, name } = place;
  const root = `${type.group === '' ? '/api' : '/apis'}/${apiVersionOf(type)}`;
  const inside = namespace === undefined || type.namespaced === false ? '' : `/namespaces/${namespace}`;
  return `${root}${inside}/${type.plural}${name === undefined ? '' : `/${name}`}`;
}

/** Answers whether the work changed anything; an object that changed meanwhile is looked at again in the next step. */
export async function attempted(work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApiError && (error.code === 404 || error.code === 409)) return true;
    throw error;
  }
}
