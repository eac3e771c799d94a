/** A client of the stand-in for its own actors: the operator and the garbage collector speak the API as all others do. */
import { metadataOf, stringAt } from './json.ts';
import type { JsonObject, ResourceType } from './types.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
}

/** Brings a request to the server, over HTTP or in the process. */
export type Call = (request: ApiRequest) => Promise<{ readonly status: number; readonly body: JsonObject }>;

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** The API refused a request. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'Refused';
    this.status = status;
  }
}

export type Propagation = 'Foreground' | 'Background' | 'Orphan';

/** The verbs that actors need. Each throws `Refused` when the API does. */
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

/** Makes a client under the name of a field manager. */
export function createObjects(options: {
  readonly call: Call;
  readonly types: readonly ResourceType[];
  readonly manager: string;
}): Objects {
  const { call, types, manager } = options;
  const byKind = new Map(types.map((type) => [type.kind, type]));
  const typeOf = (kind: string): ResourceType => {
    const type = byKind.get(kind);
    if (type === undefined) throw new TypeError(`The kind ${kind} is not known.`);
    return type;
  };
  const send = async (request: Omit<ApiRequest, 'query'>): Promise<JsonObject> => {
    const query: Record<string, string> = request.method === 'GET' ? {} : { fieldManager: manager };
    const { status, body } = await call({ ...request, query });
    if (status >= 400) throw new Refused(status, stringAt(body, 'message'));
    return body;
  };
  const put = (object: JsonObject, part: string) =>
    send({ method: 'PUT', path: `${pathOf(typeOf(stringAt(object, 'kind')), placeOf(object))}${part}`, body: object });
  return {
    kinds: types.map(({ kind }) => kind),
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
  if (error instanceof Refused && error.status === 404) return undefined;
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
