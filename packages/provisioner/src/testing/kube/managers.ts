/** `metadata.managedFields`: who owns which fields of an object. */
import { emptySet, type FieldSet, fromFieldsV1, isEmpty, toFieldsV1 } from './field-set.ts';
import { equal, isObject, metadataOf, stringAt, withMetadata } from './json.ts';
import type { Json, JsonObject } from './types.ts';

/** One manager with the fields it owns. */
export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly set: FieldSet;
}

export type Managers = ReadonlyMap<string, Manager>;

/** Answers what tells one manager from another: who applies is one manager in every version. */
export function idOf({ name, operation, apiVersion, subresource }: Omit<Manager, 'set' | 'time'>): string {
  return JSON.stringify([name, operation, operation === 'Apply' ? '' : apiVersion, subresource]);
}

/** Reads the managers of an object; undefined when the entries are malformed. */
export function decodeManagers(object: JsonObject): Managers | undefined {
  const entries = metadataOf(object)['managedFields'];
  const managers = new Map<string, Manager>();
  for (const entry of Array.isArray(entries) ? entries : []) {
    const manager = isObject(entry) ? decodeManager(entry) : undefined;
    if (!manager) return undefined;
    managers.set(idOf(manager), manager);
  }
  return managers;
}

function decodeManager(entry: JsonObject): Manager | undefined {
  const operation = entry['operation'];
  if (operation !== 'Apply' && operation !== 'Update') return undefined;
  if (stringAt(entry, 'apiVersion') === '' || entry['fieldsType'] !== 'FieldsV1') return undefined;
  const fields = entry['fieldsV1'];
  return {
    name: stringAt(entry, 'manager'),
    operation,
    apiVersion: stringAt(entry, 'apiVersion'),
    subresource: stringAt(entry, 'subresource'),
    time: stringAt(entry, 'time') || undefined,
    set: isObject(fields) ? fromFieldsV1(fields) : emptySet(),
  };
}

/** Writes the managers into the object; managers without a field are left out. */
export function encodeManagers(object: JsonObject, managers: Managers): JsonObject {
  const entries = [...managers.values()].filter(({ set }) => !isEmpty(set)).sort(inOrder);
  return withMetadata(object, { managedFields: entries.length === 0 ? undefined : entries.map(encodeManager) });
}

function inOrder(left: Manager, right: Manager): number {
  const key = (manager: Manager) =>
    [manager.operation, manager.time ?? '', manager.name, manager.apiVersion, manager.subresource].join('\u0000');
  return key(left) < key(right) ? -1 : 1;
}

function encodeManager({ name, operation, apiVersion, subresource, time, set }: Manager): JsonObject {
  return {
    ...(name === '' ? {} : { manager: name }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(set),
    ...(subresource === '' ? {} : { subresource }),
  };
}

/** Answers the managers that an update starts from: its own, those of the live object, or none when it resets them. */
export function managersOf(live: JsonObject, next: JsonObject, ofSubresource: boolean): Managers {
  const ofLive = () => decodeManagers(live) ?? new Map<string, Manager>();
  if (ofSubresource) return ofLive();
  const given = metadataOf(next)['managedFields'];
  if (Array.isArray(given) && (given.length === 0 || equal(given, [{}]))) return new Map();
  const own = decodeManagers(next);
  return own && own.size > 0 ? own : ofLive();
}

/** Answers the object with the managers of the live one when nothing but their times differs. */
export function withoutNewTimes(next: JsonObject, live: JsonObject): JsonObject {
  const before = metadataOf(live)['managedFields'];
  const timeless = (object: JsonObject) =>
    withMetadata(object, { managedFields: untimed(metadataOf(object)['managedFields']) });
  return equal(timeless(next), timeless(live)) ? withMetadata(next, { managedFields: before }) : next;
}

function untimed(entries: Json | undefined): Json | undefined {
  if (!Array.isArray(entries)) return entries;
  return entries.map((entry) => {
    if (!isObject(entry)) return entry;
    const { time: _time, ...rest } = entry;
    return rest;
  });
}
