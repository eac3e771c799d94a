/** How a schema reads a value: as a scalar, a list or a map, and what lies below. */
import { canonical, isObject } from './json.ts';
import type { Json, ResourceType, SchemaNode } from './types.ts';

const text: SchemaNode = { kind: 'scalar', scalar: 'string' };
const flag: SchemaNode = { kind: 'scalar', scalar: 'boolean' };
const whole: SchemaNode = { kind: 'scalar', scalar: 'integer' };
const texts: SchemaNode = { kind: 'map', values: text };
export const ANY: SchemaNode = { kind: 'any' };

const owner: SchemaNode = {
  kind: 'object',
  mapType: 'atomic',
  fields: {
    apiVersion: text,
    kind: text,
    name: text,
    uid: { ...text, default: '' },
    controller: flag,
    blockOwnerDeletion: flag,
  },
};

const managedFieldsEntry: SchemaNode = {
  kind: 'object',
  fields: {
    manager: text,
    operation: text,
    apiVersion: text,
    time: text,
    fieldsType: text,
    fieldsV1: ANY,
    subresource: text,
  },
};

/** ObjectMeta, alike for all types. */
const METADATA: SchemaNode = {
  kind: 'object',
  fields: {
    name: text,
    generateName: text,
    namespace: text,
    selfLink: text,
    uid: text,
    resourceVersion: text,
    generation: whole,
    creationTimestamp: text,
    deletionTimestamp: text,
    deletionGracePeriodSeconds: whole,
    labels: texts,
    annotations: texts,
    ownerReferences: { kind: 'list', items: owner, listType: 'map', listMapKeys: ['uid'] },
    finalizers: { kind: 'list', items: text, listType: 'set' },
    managedFields: { kind: 'list', items: managedFieldsEntry },
  },
};

/** Answers the schema of the whole object, with what all types have. */
export function wholeSchema({ schema }: ResourceType): SchemaNode {
  return { ...schema, fields: { apiVersion: text, kind: text, ...schema.fields, metadata: METADATA } };
}

export type Form = 'scalar' | 'list' | 'map';

/** Answers how the schema reads the value; a value of another form is read as the schema would have it. */
export function formOf(node: SchemaNode, value: Json | undefined): Form {
  if (node.kind === 'any') {
    if (Array.isArray(value)) return 'list';
    return value === null || value === undefined || isObject(value) ? 'map' : 'scalar';
  }
  if (node.kind === 'object' || node.kind === 'map') return 'map';
  return node.kind;
}

/** Says whether the value of this form is owned as one. */
export function isAtomic(node: SchemaNode, form: Form): boolean {
  if (form === 'list') return node.kind === 'any' || (node.listType ?? 'atomic') === 'atomic';
  return form === 'map' && node.mapType === 'atomic';
}

/** Answers the schema of a field; undefined when the schema does not know it. */
export function fieldOf(node: SchemaNode, name: string): SchemaNode | undefined {
  if (node.kind === 'any') return ANY;
  return declared(node, name) ?? node.values ?? (node.preserveUnknown ? ANY : undefined);
}

/** Answers the schema of a field that is named by the schema itself. */
export function declared(node: SchemaNode, name: string): SchemaNode | undefined {
  return node.fields && Object.hasOwn(node.fields, name) ? node.fields[name] : undefined;
}

export function itemsOf(node: SchemaNode): SchemaNode {
  return node.items ?? ANY;
}

/** Answers the element of a path that names this item of a set or of a list by keys. Throws an Error that says why not. */
export function elementOf(node: SchemaNode, item: Json): string {
  if (node.listType === 'map') return `k:${canonical(keysOf(node, item))}`;
  if (isObject(item)) throw new Error("associative list without keys has an element that's a map type");
  if (Array.isArray(item)) throw new Error('not supported: associative list with lists as elements');
  if (item === null) throw new Error("associative list without keys has an element that's an explicit null");
  return `v:${JSON.stringify(item)}`;
}

function keysOf(node: SchemaNode, item: Json): Record<string, Json> {
  if (item === null) throw new Error('associative list with keys may not have a null element');
  if (!isObject(item)) throw new Error('associative list with keys may not have non-map elements');
  const names = node.listMapKeys ?? [];
  const keys: Record<string, Json> = {};
  for (const name of names) {
    const value = item[name] ?? fieldOf(itemsOf(node), name)?.default;
    if (value !== undefined) keys[name] = value;
  }
  if (Object.keys(keys).length > 0) return keys;
  const listed = `[${names.map((name) => JSON.stringify(name)).join(' ')}]`;
  throw new Error(
    `associative list with keys has an element that omits all key fields ${listed} (and doesn't have default values for any key fields)`,
  );
}
