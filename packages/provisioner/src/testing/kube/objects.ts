/** What POST, PUT, PATCH and DELETE do with an object. */
import { randomBytes, randomUUID } from 'node:crypto';
import { applied, described, emptyObject, tracked, type Writing } from './apply.ts';
import {
  canonical,
  defined,
  equal,
  isObject,
  metadataOf,
  objectAt,
  stringAt,
  stringsAt,
  withMetadata,
} from './json.ts';
import { jsonPatch, mergePatch } from './json-patch.ts';
import { withoutNewTimes } from './managers.ts';
import { commonCauses, finalizerWarnings, nameCauses, settledMetadata, updateCauses } from './metadata.ts';
import { nullCauses } from './nulls.ts';
import {
  type ApiError,
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  invalidField,
  notFound,
  plainError,
  preconditionConflict,
  quote,
  requiredField,
  STALE,
} from './status.ts';
import type { Address, Store } from './store.ts';
import type { Cause, Json, JsonObject, ResourceType } from './types.ts';

/** One write: who, where, and whether it only tries. */
export interface Write extends Writing {
  readonly store: Store;
  readonly namespace: string;
  readonly name: string;
  readonly dryRun: boolean;
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  /** Takes the text of a `Warning` header. */
  warn(text: string): void;
}

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

const addressOf = ({ type, namespace, name }: Write): Address => ({
  group: type.group,
  plural: type.plural,
  namespace,
  name,
});

function unique({ store, dryRun, ...write }: Write, object: JsonObject): JsonObject {
  return dryRun ? object : store.put(addressOf({ store, dryRun, ...write }), object);
}

/** Makes an object. Throws 400, 409 AlreadyExists, 422. */
export function createObject(write: Write, body: JsonObject): JsonObject {
  const { type } = write;
  const metadata = metadataOf(body);
  const name = stringAt(metadata, 'name') || generated(stringAt(metadata, 'generateName'));
  const decoded = decode({ ...write, name }, body);
  // The server sets these itself, before anybody owns a field.
  const object = withMetadata(decoded, {
    name: name === '' ? undefined : name,
    deletionTimestamp: undefined,
    deletionGracePeriodSeconds: undefined,
  });
  if (stringAt(metadata, 'resourceVersion') !== '') {
    throw plainError('resourceVersion should not be set on objects to be created');
  }
  return insertObject({ ...write, name }, tracked(undefined, object, write), type);
}

function insertObject(write: Write, object: JsonObject, type: ResourceType): JsonObject {
  const { namespace, name, store, time } = write;
  if (name === '') throw invalid(type, '', [requiredField('metadata.name', 'name or generateName is required')]);
  const { status: _status, ...bare } = object;
  const created = withMetadata(type.status ? type.defaulted(bare) : object, {
    namespace: type.namespaced === false ? undefined : namespace,
    uid: randomUUID(),
    creationTimestamp: time,
    generation: custom(type) ? 1 : undefined,
    resourceVersion: undefined,
    deletionTimestamp: undefined,
    deletionGracePeriodSeconds: undefined,
    selfLink: undefined,
  });
  check(type, name, [...nameCauses(name), ...type.validate(created), ...commonCauses(created)]);
  for (const warning of finalizerWarnings(created)) write.warn(warning);
  if (store.get(addressOf(write))) throw alreadyExists(type, name);
  return unique(write, created);
}

// Types of a CRD count generations and keep the status apart by themselves; built-in types here do not count.
const custom = ({ group }: ResourceType) => group !== '';

const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789';

function generated(prefix: string): string {
  if (prefix === '') return '';
  const suffix = Array.from(randomBytes(5), (byte) => SUFFIX[byte % SUFFIX.length]).join('');
  return `${prefix.slice(0, 58)}${suffix}`;
}

function check(type: ResourceType, name: string, causes: readonly Cause[]): void {
  if (causes.length > 0) throw invalid(type, name, causes);
}

/** Answers the body as an object of its type: without unknown fields, with defaults. Throws 400, 422 for another kind. */
function decode(write: Write, body: JsonObject): JsonObject {
  const { type } = write;
  const typed = ofType(type, body);
  const undecodable = type.undecodable?.(typed);
  if (undecodable !== undefined) throw unhandled(type, undecodable);
  checkNamespace(write, typed);
  const { object, dropped } = type.pruned(typed);
  report(write, dropped);
  return type.defaulted(withManagers(settledMetadata(object), object));
}

// An empty list of managers is no nothing: it resets them.
function withManagers(settled: JsonObject, given: JsonObject): JsonObject {
  return withMetadata(settled, { managedFields: metadataOf(given)['managedFields'] });
}

function checkNamespace({ type, namespace }: Write, object: JsonObject): void {
  const given = stringAt(metadataOf(object), 'namespace');
  if (type.namespaced === false || given === '' || given === namespace) return;
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

// Built-in types may leave kind and version out, types of a CRD must name them.
function ofType(type: ResourceType, body: JsonObject): JsonObject {
  const expected = stringAt(emptyObject(type), 'apiVersion');
  const kind = stringAt(body, 'kind');
  const apiVersion = stringAt(body, 'apiVersion');
  if (!custom(type) && (kind === '' || kind === type.kind) && (apiVersion === '' || apiVersion === expected)) {
    return { ...body, apiVersion: expected, kind: type.kind };
  }
  if (kind === '') {
    const text = JSON.stringify(body);
    const start = text.length > 30 ? `${text.slice(0, 30)} ...` : text;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${type.kind}): Object 'Kind' is missing in '${text}' (${start})`,
    );
  }
  if (apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  if (kind === type.kind) return body;
  if (!custom(type))
    throw badRequest(
      `${kind} in version ${quote(apiVersion)} cannot be handled as a ${type.kind}: no kind ${quote(kind)} is registered`,
    );
  const name = stringAt(metadataOf(body), 'name');
  throw invalid({ group: type.group, kind }, name, [invalidField('kind', kind, `must be ${type.kind}`)]);
}

function unhandled(type: ResourceType, why: string): ApiError {
  return badRequest(`${type.kind} in version ${quote(type.version)} cannot be handled as a ${type.kind}: ${why}`);
}

function report({ type, fieldValidation, warn }: Write, dropped: readonly string[]): void {
  const lines = dropped.map((path) => `unknown field ${quote(path)}`);
  if (lines.length === 0 || fieldValidation === 'Ignore') return;
  if (fieldValidation === 'Strict') throw unhandled(type, `strict decoding error: ${lines.join(', ')}`);
  for (const line of lines) warn(line);
}

/** Replaces an object. Throws 400, 404, 409 Conflict, 422. */
export function replaceObject(write: Write, body: JsonObject): JsonObject {
  const { type, name, store, namespace } = write;
  const given = metadataOf(body);
  const decoded = decode(write, body);
  if (stringAt(given, 'name') !== name) throw wrongName(write, stringAt(given, 'name'));
  const live = store.get(addressOf(write));
  if (!live) throw notFound(type, name);
  const uid = stringAt(given, 'uid');
  const own = stringAt(metadataOf(live), 'uid');
  if (uid !== '' && uid !== own) {
    const registry = custom(type) ? `${type.group}/${type.plural}` : type.plural;
    const key = `/registry/${registry}/${namespace === '' ? '' : `${namespace}/`}${name}`;
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${own}`;
    const error = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`;
    throw conflict(type, name, error);
  }
  return change(write, live, tracked(live, decoded, write));
}

function wrongName({ name }: Write, given: string): ApiError {
  if (given === '') {
    return badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  return badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
}

/** Writes the next state of an object, unless nothing changes; takes it away when it loses its last finalizer. */
function change(write: Write, live: JsonObject, wanted: JsonObject): JsonObject {
  const { type, name, subresource, store, dryRun } = write;
  const before = metadataOf(live);
  const given = metadataOf(wanted);
  checkRevision(write, given, before);
  const body = subresource === 'status' ? withStatus(live, wanted) : withOwnStatus(type, live, wanted);
  const next = withMetadata(body, {
    namespace: given['namespace'] ?? before['namespace'],
    uid: given['uid'] ?? before['uid'],
    creationTimestamp: before['creationTimestamp'],
    deletionTimestamp: before['deletionTimestamp'],
    deletionGracePeriodSeconds: before['deletionGracePeriodSeconds'],
    generation: generationOf(type, live, body),
    resourceVersion: before['resourceVersion'],
  });
  const causes = updateCauses(next, live);
  // The API checks metadata twice, for all types and for each, and names these causes twice.
  check(type, name, [...causes, ...causes, ...type.validate(next, live)]);
  const settled = withoutNewTimes(next, live);
  const { finalizers } = metadataOf(settled);
  const released = !Array.isArray(finalizers) || finalizers.length === 0;
  if (before['deletionTimestamp'] !== undefined && released) {
    if (!dryRun) {
      store.delete(addressOf(write));
    }
    return settled;
  }
  return equal(settled, live) ? live : unique(write, settled);
}

function checkRevision({ type, name }: Write, given: JsonObject, before: JsonObject): void {
  const revision = stringAt(given, 'resourceVersion');
  if (revision === '') {
    if (type.unconditionalUpdate) return;
    const cause = { ...invalidField('metadata.resourceVersion', '', 'must be specified for an update') };
    throw invalid({ group: type.group, kind: type.plural }, name, [
      { ...cause, message: 'Invalid value: 0: must be specified for an update' },
    ]);
  }
  if (!/^\d+$/.test(revision)) throw plainError(`strconv.ParseUint: parsing ${quote(revision)}: invalid syntax`);
  if (revision !== before['resourceVersion']) throw conflict(type, name, STALE);
}

function withStatus(live: JsonObject, wanted: JsonObject): JsonObject {
  const { status: _status, ...rest } = live;
  const kept = withMetadata(rest, { managedFields: metadataOf(wanted)['managedFields'] });
  return { ...kept, ...defined({ status: wanted['status'] }) };
}

function withOwnStatus(type: ResourceType, live: JsonObject, wanted: JsonObject): JsonObject {
  if (!type.status) return wanted;
  const { status: _status, ...rest } = wanted;
  return { ...rest, ...defined({ status: live['status'] }) };
}

function generationOf(type: ResourceType, live: JsonObject, next: JsonObject): Json | undefined {
  const generation = metadataOf(live)['generation'];
  if (!custom(type) || typeof generation !== 'number') return generation;
  const counted = ({ metadata: _metadata, status, ...rest }: JsonObject) =>
    type.status ? rest : defined({ ...rest, status });
  return equal(counted(live), counted(next)) ? generation : generation + 1;
}

export const APPLY = 'application/apply-patch+yaml';
export const MERGE = 'application/merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';

/** A patch, as its media type says. */
export interface Patch {
  readonly mediaType: typeof APPLY | typeof MERGE | typeof JSON_PATCH;
  readonly body: Json;
  readonly force: boolean;
}

/** Patches an object, or makes it by an apply. Throws 400, 404, 409, 422, and 500 for an apply that does not fit the schema. */
export function patchObject(write: Write, { mediaType, body, force }: Patch): { object: JsonObject; created: boolean } {
  const live = write.store.get(addressOf(write));
  if (mediaType === APPLY) return applyObject(write, live, { body, force });
  if (!live) throw notFound(write.type, write.name);
  const patched = mediaType === MERGE ? mergePatch(live, body) : jsonPatch(live, body);
  if (!isObject(patched)) throw badRequest('the patch leaves no object');
  const next = tracked(live, decode(patching(write, patched), patched), write);
  return { object: change(write, live, named(write, next)), created: false };
}

// A patch that leaves an unknown field is refused in another form than an object that brings one.
function patching(write: Write, patched: JsonObject): Write {
  if (write.fieldValidation !== 'Strict') return write;
  const dropped = write.type.pruned(patched).dropped.map((path) => `unknown field ${quote(path)}`);
  if (dropped.length === 0) return write;
  const why = `strict decoding error: ${dropped.join(', ')}`;
  throw invalid({ group: '', kind: '' }, '', [invalidField('patch', canonical(patched), why)]);
}

function named(write: Write, object: JsonObject): JsonObject {
  const name = stringAt(metadataOf(object), 'name');
  if (name !== write.name) throw wrongName(write, name);
  return object;
}

function applyObject(write: Write, live: JsonObject | undefined, { body, force }: { body: Json; force: boolean }) {
  const { type, name, subresource } = write;
  if (!isObject(body)) throw badRequest('error decoding YAML: error unmarshaling JSON');
  if (!live && subresource !== undefined) throw notFound(type, name);
  const merged = applied(live, body, { ...write, force });
  const undecodable = type.undecodable?.(merged);
  if (undecodable !== undefined) {
    const versioned = `${type.group}/${type.version}, Kind=${type.kind}`;
    const why = `unable to convert unstructured object to ${versioned}: error decoding from json: ${undecodable}`;
    throw plainError(`failed to convert new object (${described(body, type)}) to proper version: ${why}`);
  }
  const { object, dropped } = type.pruned(merged);
  report(write, dropped);
  const next = type.defaulted(settledMetadata(object));
  if (custom(type)) check(type, name, nullCauses(type, object, next));
  const uid = stringAt(metadataOf(next), 'uid');
  checkNamespace(write, next);
  if (live) return { object: change(write, live, named(write, next)), created: false };
  if (uid !== '') {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(type, name, why);
  }
  return { object: insertObject(write, named(write, next), type), created: true };
}

/** Takes an object away, or marks it as deleted when finalizers hold it. Throws 404, 409 for a precondition, 422. */
export function deleteObject(write: Write, options: JsonObject): JsonObject {
  const { type, name, store, time, dryRun } = write;
  const live = store.get(addressOf(write));
  if (!live) throw notFound(type, name);
  const metadata = metadataOf(live);
  checkPreconditions(write, objectAt(options, 'preconditions'), metadata);
  const finalizers = finalizersFor(stringsAt(metadata, 'finalizers'), policyOf(options));
  if (finalizers.length === 0) {
    const last = dryRun ? live : (store.delete(addressOf(write)) ?? live);
    return type.plural === 'persistentvolumeclaims' ? last : success(write, stringAt(metadata, 'uid'));
  }
  const generation = metadata['generation'];
  const first = metadata['deletionTimestamp'] === undefined;
  const marked = withMetadata(live, {
    finalizers,
    deletionTimestamp: metadata['deletionTimestamp'] ?? time,
    deletionGracePeriodSeconds: 0,
    generation: first && typeof generation === 'number' ? generation + 1 : generation,
  });
  return equal(marked, live) ? live : unique(write, marked);
}

function policyOf(options: JsonObject): string {
  const policy = stringAt(options, 'propagationPolicy');
  if (!['', 'Foreground', 'Background', 'Orphan'].includes(policy)) {
    const message = `Unsupported value: ${quote(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`;
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
      { reason: 'FieldValueNotSupported', message, field: 'propagationPolicy' },
    ]);
  }
  return policy;
}

// Without a policy, finalizers stay as they are; with one, it decides which of the two of the garbage collector is there.
function finalizersFor(before: readonly string[], policy: string): string[] {
  if (policy === '') return [...before];
  const others = before.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  if (policy === 'Foreground') return [...others, FOREGROUND];
  return policy === 'Orphan' ? [...others, ORPHAN] : others;
}

function checkPreconditions({ type, name }: Write, preconditions: JsonObject, metadata: JsonObject): void {
  const uid = stringAt(preconditions, 'uid');
  const own = stringAt(metadata, 'uid');
  if (uid !== '' && uid !== own) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${own}). The object might have been deleted and then recreated`;
    throw preconditionConflict(type, name, why);
  }
  const revision = stringAt(preconditions, 'resourceVersion');
  const current = stringAt(metadata, 'resourceVersion');
  if (revision !== '' && revision !== current) {
    const why = `the ResourceVersion in the precondition (${revision}) does not match the ResourceVersion in record (${current}). The object might have been modified`;
    throw preconditionConflict(type, name, why);
  }
}

function success({ type, name }: Write, uid: string): JsonObject {
  const group = type.group === '' ? undefined : type.group;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: defined({ name, group, kind: type.plural, uid }),
  };
}
