/** Answers one request, with what it writes and what it says. */
import { parse } from 'yaml';
import { isObject } from './json.ts';
import { listObjects } from './lists.ts';
import {
  APPLY,
  createObject,
  deleteObject,
  JSON_PATCH,
  MERGE,
  type Patch,
  patchObject,
  replaceObject,
  type Write,
} from './objects.ts';
import type { Route } from './routes.ts';
import { badRequest, forbiddenField, invalid, notFound, requiredField, unsupportedMediaType } from './status.ts';
import type { Store } from './store.ts';
import type { Cause, Json, JsonObject } from './types.ts';

export interface Asked {
  readonly route: Route;
  readonly store: Store;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly userAgent: string;
  readonly body: string;
  readonly now: Date;
  /** Takes the texts of `Warning` headers: a refusal carries them too. */
  readonly warnings: string[];
}

export interface Answer {
  readonly code: number;
  readonly body: JsonObject;
}

/** Does what is asked. Throws an ApiError. */
export function answer(asked: Asked): Answer {
  const { route, store, query } = asked;
  const ok = (body: JsonObject, code = 200): Answer => ({ code, body });
  if (route.verb === 'list') return ok(listObjects({ store, type: route.type, namespace: route.namespace, query }));
  if (route.verb === 'get') return ok(found(asked));
  const write = writeOf(asked);
  if (route.verb === 'create') return ok(createObject(write, bodyOf(asked)), 201);
  if (route.verb === 'update') return ok(replaceObject(write, bodyOf(asked)));
  if (route.verb === 'delete') return ok(deleteObject(deleting(write, optionsOf(asked)), optionsOf(asked)));
  const { object, created } = patchObject(write, patchOf(asked));
  return ok(object, created ? 201 : 200);
}

function found({ route: { type, namespace, name }, store }: Asked): JsonObject {
  const object = store.get({ group: type.group, plural: type.plural, namespace, name });
  if (!object) throw notFound(type, name);
  return object;
}

function deleting(write: Write, options: JsonObject): Write {
  const { dryRun } = options;
  return Array.isArray(dryRun) && dryRun.length > 0 ? { ...write, dryRun: true } : write;
}

function writeOf(asked: Asked): Write {
  const { route, store, query, userAgent, now, warnings } = asked;
  const { type, namespace, name, subresource } = route;
  const validation = query.get('fieldValidation') ?? '';
  return {
    store,
    type,
    namespace,
    name,
    subresource,
    manager: query.get('fieldManager') || userAgent.split('/')[0] || 'unknown',
    time: `${now.toISOString().slice(0, 19)}Z`,
    dryRun: dryRunOf(query),
    fieldValidation: validation === 'Strict' || validation === 'Ignore' ? validation : 'Warn',
    warn: (text) => warnings.push(text),
  };
}

function dryRunOf(query: URLSearchParams): boolean {
  const given = query.getAll('dryRun');
  const wrong = given.find((one) => one !== 'All');
  if (wrong === undefined) return given.length > 0;
  const message = `Unsupported value: ${JSON.stringify([wrong])}: supported values: "All"`;
  throw invalid({ group: 'meta.k8s.io', kind: 'CreateOptions' }, '', [
    { reason: 'FieldValueNotSupported', message, field: 'dryRun' },
  ]);
}

const JSON_TYPES = ['application/json', 'application/yaml'];

function bodyOf({ body, contentType }: Asked): JsonObject {
  if (contentType !== '' && !JSON_TYPES.includes(contentType))
    throw unsupportedMediaType([...JSON_TYPES, 'application/vnd.kubernetes.protobuf']);
  const value = parsed(body, contentType === 'application/yaml');
  if (!isObject(value)) throw badRequest('json: cannot unmarshal the body of the request into an object');
  return value;
}

// Options of a deletion stand in the body, or else in the query.
function optionsOf({ body, query }: Asked): JsonObject {
  if (body.trim() === '') return { propagationPolicy: query.get('propagationPolicy') ?? '' };
  const value = parsed(body, false);
  return isObject(value) ? value : {};
}

function parsed(text: string, yaml: boolean): Json {
  try {
    return yaml ? parse(text, { schema: 'core', maxAliasCount: 0 }) : JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw badRequest(yaml ? `error decoding YAML: ${why}` : `error decoding patch: ${why}`);
  }
}

const isPatch = (mediaType: string): mediaType is Patch['mediaType'] => [APPLY, MERGE, JSON_PATCH].includes(mediaType);

function patchOf({ body, contentType, query }: Asked): Patch {
  if (!isPatch(contentType)) throw unsupportedMediaType([JSON_PATCH, MERGE, APPLY]);
  const apply = contentType === APPLY;
  const causes: Cause[] = [];
  if (apply && !query.get('fieldManager')) causes.push(requiredField('fieldManager', 'is required for apply patch'));
  if (!apply && query.has('force')) causes.push(forbiddenField('force', 'may not be specified for non-apply patch'));
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', causes);
  return { mediaType: contentType, body: parsed(body, apply), force: /^(true|1)$/.test(query.get('force') ?? '') };
}
