/** Server-side apply, and what other writes leave in `managedFields`. */
import {
  difference,
  emptySet,
  type FieldSet,
  intersection,
  isEmpty,
  type Path,
  pathsOf,
  printPath,
  setOf,
  union,
  withoutRoots,
} from './field-set.ts';
import { equal, isObject, metadataOf, stringAt, withMetadata } from './json.ts';
import { decodeManagers, encodeManagers, idOf, type Manager, type Managers, managersOf } from './managers.ts';
import { wholeSchema } from './nodes.ts';
import { ApiError, badRequest, plainError } from './status.ts';
import { compare, fieldSetOf, merge, misfits, remove, withNamedFields } from './typed.ts';
import type { JsonObject, ResourceType, SchemaNode } from './types.ts';

/** Who writes, through which endpoint, and when. */
export interface Writing {
  readonly type: ResourceType;
  readonly manager: string;
  readonly subresource: 'status' | undefined;
  /** As `2026-01-01T00:00:00Z`. */
  readonly time: string;
}

const groupVersion = ({ group, version }: ResourceType) => (group === '' ? version : `${group}/${version}`);

// The server writes these itself: nobody owns them.
const SERVERS_OWN = setOf(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((name): Path => ['f:metadata', `f:${name}`]),
);

// The main endpoint never writes the status, the endpoint of the status writes nothing else.
function ownable({ type, subresource }: Writing, set: FieldSet): FieldSet {
  if (subresource === 'status') return withoutRoots(set, (field) => field === 'status');
  return type.status ? withoutRoots(set, (field) => field !== 'status') : set;
}

function managerOf({ type, manager, subresource, time }: Writing, operation: Manager['operation']): Manager {
  return {
    name: manager,
    operation,
    apiVersion: groupVersion(type),
    subresource: subresource ?? '',
    time,
    set: emptySet(),
  };
}

function without(object: JsonObject): JsonObject {
  return withMetadata(object, { managedFields: undefined });
}

/** The empty object that a created one is compared with. */
export function emptyObject(type: ResourceType): JsonObject {
  return { apiVersion: groupVersion(type), kind: type.kind, metadata: {}, ...type.empty };
}

/**
 * Answers the object with `managedFields` as a POST, PUT or other PATCH leaves them: who writes owns all that was added
 * or changed, and others lose it. An object that nobody tracks stays untracked.
 */
export function tracked(live: JsonObject | undefined, next: JsonObject, writing: Writing): JsonObject {
  const before = live ?? emptyObject(writing.type);
  const managers = managersOf(before, next, writing.subresource !== undefined);
  if (live && managers.size === 0) return without(next);
  try {
    return encodeManagers(next, updated(managers, { live: without(before), next: without(next) }, writing));
  } catch {
    // Lists without their keys have no owners. Whether they are valid is not for here to say.
    return without(next);
  }
}

interface Change {
  readonly live: JsonObject;
  readonly next: JsonObject;
}

function updated(managers: Managers, { live, next }: Change, writing: Writing): Managers {
  const { added, modified, removed } = changes(wholeSchema(writing.type), { live, next }, writing);
  const taken = union(added, modified);
  const left = new Map<string, Manager>();
  for (const [id, manager] of managers) {
    left.set(id, { ...manager, set: difference(difference(manager.set, taken), removed) });
  }
  const self = managerOf(writing, 'Update');
  const owned = difference(taken, SERVERS_OWN);
  if (!isEmpty(owned)) {
    const previous = left.get(idOf(self))?.set ?? emptySet();
    left.set(idOf(self), { ...self, set: union(previous, owned) });
  }
  return left;
}

function changes(schema: SchemaNode, { live, next }: Change, writing: Writing) {
  const { added, modified, removed } = compare(schema, live, next);
  return { added: ownable(writing, added), modified: ownable(writing, modified), removed: ownable(writing, removed) };
}

/**
 * Answers the object after an apply, before defaults. Throws 400 for another version, kind or given `managedFields`,
 * 500 for a value that does not fit the schema, 409 for fields of others unless `force` is set.
 */
export function applied(
  live: JsonObject | undefined,
  config: JsonObject,
  writing: Writing & { force: boolean },
): JsonObject {
  const { type } = writing;
  checkConfig(config, type);
  const schema = wholeSchema(type);
  const lines = misfits(schema, config);
  if (lines.length > 0)
    throw plainError(`failed to create typed patch object (${described(config, type)}): ${listed(lines)}`);
  const before = without(live ?? emptyObject(type));
  const managers = new Map(startOf(live, writing));
  const self = managerOf(writing, 'Apply');
  const last = managers.get(idOf(self));
  const set = ownable(writing, fieldSetOf(schema, config));
  managers.set(idOf(self), { ...self, time: last?.time, set });
  const merged = merge(schema, before, config);
  const next = pruned(schema, { merged: isObject(merged) ? merged : before, last: last?.set, managers });
  const others = conceded(managers, { live: before, next }, writing);
  others.set(idOf(self), {
    ...self,
    time: equal(before, next) ? last?.time : writing.time,
    set: difference(set, SERVERS_OWN),
  });
  return encodeManagers(next, others);
}

function checkConfig(config: JsonObject, type: ResourceType): void {
  const kind = stringAt(config, 'kind');
  if (stringAt(config, 'apiVersion') !== groupVersion(type) || kind !== type.kind) {
    const [version = '', group = ''] = stringAt(config, 'apiVersion').split('/').reverse();
    throw badRequest(`invalid object type: ${group}/${version}, Kind=${kind}`);
  }
  const given = metadataOf(config)['managedFields'];
  if (given !== undefined && given !== null) throw badRequest('metadata.managedFields must be nil');
}

const listed = (lines: string[]) =>
  lines.length === 1 ? lines[0] : ['errors:', ...lines.map((line) => `  ${line}`)].join('\n');

/** Writes which object an error is about. */
export function described(config: JsonObject, { group, version, kind }: ResourceType): string {
  const metadata = metadataOf(config);
  return `${stringAt(metadata, 'namespace')}/${stringAt(metadata, 'name')}; ${group}/${version}, Kind=${kind}`;
}

// Fields from before the first apply belong to a manager of their own, so that an apply conflicts with them.
function startOf(live: JsonObject | undefined, writing: Writing): Managers {
  const managers = live ? (decodeManagers(live) ?? new Map<string, Manager>()) : new Map<string, Manager>();
  if (!live || managers.size > 0) return managers;
  const change = { live: emptyObject(writing.type), next: without(live) };
  return updated(managers, change, { ...writing, manager: 'before-first-apply' });
}

interface Pruning {
  readonly merged: JsonObject;
  readonly last: FieldSet | undefined;
  readonly managers: Managers;
}

/** Takes away what the manager applied last time, does not apply now, and no other owns. */
function pruned(schema: SchemaNode, { merged, last, managers }: Pruning): JsonObject {
  if (!last || isEmpty(last)) return merged;
  const named = (set: FieldSet) => withNamedFields(schema, set);
  const owned = [...managers.values()].reduce((all, { set }) => union(all, set), emptySet());
  const all = named(fieldSetOf(schema, merged));
  const first = named(fieldSetOf(schema, remove(schema, merged, named(last)) ?? {}));
  const second = remove(schema, merged, difference(all, union(first, named(owned))));
  const gone = difference(all, named(fieldSetOf(schema, second)));
  const result = remove(schema, merged, intersection(gone, named(last)));
  return isObject(result) ? result : {};
}

// Throws the conflicts, or takes the fields from the others.
function conceded(managers: Managers, change: Change, writing: Writing & { force: boolean }): Map<string, Manager> {
  const { added, modified, removed } = changes(wholeSchema(writing.type), change, writing);
  const self = idOf(managerOf(writing, 'Apply'));
  const left = new Map<string, Manager>();
  const conflicts: { manager: Manager; path: Path }[] = [];
  for (const [id, manager] of managers) {
    if (id === self) continue;
    const taken = intersection(manager.set, union(added, modified));
    conflicts.push(...pathsOf(taken).map((path) => ({ manager, path })));
    left.set(id, { ...manager, set: difference(difference(manager.set, taken), removed) });
  }
  if (conflicts.length > 0 && !writing.force) throw applyConflict(conflicts);
  return left;
}

function applyConflict(conflicts: readonly { manager: Manager; path: Path }[]): ApiError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${printManager(manager)}`,
    field: printPath(path),
  }));
  const [only] = conflicts;
  const byManager = Map.groupBy(conflicts, ({ manager }) => printManager(manager));
  const lines = [...byManager].flatMap(([name, found]) => [
    `conflicts with ${name}:`,
    ...found.map(({ path }) => `- ${printPath(path)}`),
  ]);
  const message =
    conflicts.length === 1 && only
      ? `Apply failed with 1 conflict: conflict with ${printManager(only.manager)}: ${printPath(only.path)}`
      : `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
  return new ApiError(409, 'Conflict', message, { details: { causes } });
}

function printManager({ name, subresource, operation, apiVersion }: Manager): string {
  const who = `${JSON.stringify(name)}${subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`}`;
  // The time is no part of what names a manager, so it is not told.
  return operation === 'Update' ? `${who} using ${apiVersion}` : who;
}
