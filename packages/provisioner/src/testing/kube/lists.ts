/** Lists: whole, or in pages that all show the same revision. */
import { stringAt } from './json.ts';
import { fieldSelector, labelSelector, type Selector } from './selectors.ts';
import { ApiError, badRequest, expired } from './status.ts';
import { keyOf, type Store } from './store.ts';
import type { Json, JsonObject, ResourceType } from './types.ts';

export interface ListRequest {
  readonly store: Store;
  readonly type: ResourceType;
  /** Empty for all namespaces. */
  readonly namespace: string;
  readonly query: URLSearchParams;
}

/** Answers whether an object is in the namespace and the selectors of a request. Throws 400. */
export function matcherOf({ type, namespace, query }: Omit<ListRequest, 'store'>): Selector {
  const labels = labelSelector(query.get('labelSelector') ?? '');
  const fields = fieldSelector(query.get('fieldSelector') ?? '', type);
  return (object) => inNamespace(object, namespace) && labels(object) && fields(object);
}

function inNamespace(object: JsonObject, namespace: string): boolean {
  return namespace === '' || keyOf(object).startsWith(`${namespace}/`);
}

const TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
  'deleted between the time the first chunk was returned and now may show up in the list.';

interface Continuation {
  /** -1: whatever revision is current. */
  readonly revision: number;
  /** The key of the first object that is still to come. */
  readonly start: string;
}

/** Answers a list. Throws 400 for a malformed selector or token, 410 for a revision that is forgotten. */
export function listObjects(request: ListRequest): JsonObject {
  const { store, type, namespace, query } = request;
  const matches = matcherOf(request);
  const token = query.get('continue') ?? '';
  const from = token === '' ? undefined : decoded(token);
  const revision = from === undefined || from.revision === -1 ? revisionOf(request) : from.revision;
  if (revision < store.oldest) {
    if (from) throw expired(TOO_OLD, encoded({ revision: -1, start: from.start }));
    throw expired(`The resourceVersion for the provided list is too old.`);
  }
  const all = store
    .list({ group: type.group, plural: type.plural }, revision)
    .filter((object) => inNamespace(object, namespace) && (from === undefined || keyOf(object) >= from.start));
  const limit = limitOf(query);
  const page = all.filter(matches).slice(0, limit > 0 ? limit : undefined);
  const last = page.at(-1);
  // A page that is full is continued when any object follows, be it one that the selectors do not choose.
  const next = limit > 0 && page.length === limit && last ? all[all.indexOf(last) + 1] : undefined;
  const selecting = query.has('labelSelector') || query.has('fieldSelector');
  return {
    kind: `${type.kind}List`,
    apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`,
    metadata: {
      resourceVersion: String(revision),
      ...(next ? { continue: encoded({ revision, start: keyOf(next) }) } : ended(type)),
      ...(next && !selecting ? { remainingItemCount: all.length - all.indexOf(next) } : {}),
    },
    items: page.map((object): Json => (type.group === '' ? withoutKind(object) : object)),
  };
}

// `resourceVersionMatch=Exact` asks for an old revision; other lists show the newest.
function revisionOf({ store, query }: ListRequest): number {
  const given = query.get('resourceVersion') ?? '';
  if (given !== '' && !/^\d+$/.test(given)) throw badRequest(`invalid resource version: ${unparsed(given)}`);
  if (Number(given) > store.revision) throw tooLarge(given, store.revision);
  return query.get('resourceVersionMatch') === 'Exact' ? Number(given) : store.revision;
}

/** Words the refusal of a revision that is no number. */
export function unparsed(revision: string): string {
  const text = JSON.stringify(revision);
  return `resourceVersion: Invalid value: ${text}: strconv.ParseUint: parsing ${text}: invalid syntax`;
}

function limitOf(query: URLSearchParams): number {
  const given = query.get('limit') ?? '0';
  if (!/^-?\d+$/.test(given)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(given)}: invalid syntax`);
  return Number(given);
}

function tooLarge(given: string, current: number): ApiError {
  return new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${given}, current: ${current}`, {
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}

// The last page of a type of a CRD says so with an empty token, that of a built-in type with none.
const ended = ({ group }: ResourceType): JsonObject => (group === '' ? {} : { continue: '' });

// Items of built-in types carry no kind of their own.
function withoutKind({ apiVersion: _apiVersion, kind: _kind, ...rest }: JsonObject): JsonObject {
  return rest;
}

function encoded({ revision, start }: Continuation): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start })).toString('base64url');
}

function decoded(token: string): Continuation {
  try {
    const parsed: JsonObject = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (parsed['v'] === 'meta.k8s.io/v1' && typeof parsed['rv'] === 'number') {
      return { revision: parsed['rv'], start: stringAt(parsed, 'start') };
    }
  } catch {
    // Falls through to the refusal below.
  }
  throw badRequest('invalid continue token: continue key is not valid: illegal base64 data at input byte 0');
}
