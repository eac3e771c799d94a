/** Structural schemas, as a CustomResourceDefinition carries them: their nodes for server-side apply, defaults and pruning. */
import { isObject } from './json.ts';
import type { Json, SchemaNode } from './types.ts';

/** A rule of CEL, as `x-kubernetes-validations` has it. */
export interface RuleSource {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired' | 'FieldValueDuplicate';
  readonly fieldPath?: string;
}

/** The keywords that a structural schema may have. */
export interface Structural {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly nullable?: boolean;
  readonly default?: Json;
  readonly format?: string;
  readonly enum?: readonly Json[];
  readonly properties?: Readonly<Record<string, Structural>>;
  readonly additionalProperties?: Structural | boolean;
  readonly items?: Structural;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly Structural[];
  readonly anyOf?: readonly Structural[];
  readonly oneOf?: readonly Structural[];
  readonly not?: Structural;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  readonly 'x-kubernetes-validations'?: readonly RuleSource[];
}

/** The fields that every object has, and an embedded one too. */
const OF_EVERY_OBJECT = ['apiVersion', 'kind', 'metadata'];

const ANY: SchemaNode = { kind: 'any' };

/** Answers the schema of a field of an object or of a key of a map; undefined where it has none. */
export function schemaOfKey(schema: Structural, key: string): Structural | undefined {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) return schema.properties[key];
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** Answers a schema's structure, as server-side apply merges it. */
export function nodeOf(schema: Structural): SchemaNode {
  if (schema['x-kubernetes-int-or-string']) return { kind: 'scalar', scalar: 'intOrString' };
  const mapType = schema['x-kubernetes-map-type'];
  const granularity = mapType === undefined ? {} : { mapType };
  switch (schema.type) {
    case undefined:
      return ANY;
    case 'array':
      return listOf(schema);
    case 'object':
      if (schema.additionalProperties !== undefined && schema.additionalProperties !== false) {
        const values = schema.additionalProperties === true ? ANY : nodeOf(schema.additionalProperties);
        return { kind: 'map', values, ...granularity };
      }
      return { kind: 'object', fields: fieldsOf(schema), ...unknownFields(schema), ...granularity };
    default:
      return { kind: 'scalar', scalar: schema.type };
  }
}

function listOf(schema: Structural): SchemaNode {
  const items = schema.items === undefined ? ANY : nodeOf(schema.items);
  const listMapKeys = schema['x-kubernetes-list-map-keys'];
  const listType = schema['x-kubernetes-list-type'] ?? 'atomic';
  return { kind: 'list', items, listType, ...(listMapKeys === undefined ? {} : { listMapKeys }) };
}

function fieldsOf(schema: Structural): Record<string, SchemaNode> {
  const named = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const node = nodeOf(field);
    return [name, field.default === undefined ? node : { ...node, default: field.default }] as const;
  });
  const text: SchemaNode = { kind: 'scalar', scalar: 'string' };
  const common = { apiVersion: text, kind: text, metadata: ANY };
  return { ...(schema['x-kubernetes-embedded-resource'] ? common : undefined), ...Object.fromEntries(named) };
}

const unknownFields = (schema: Structural) =>
  schema['x-kubernetes-preserve-unknown-fields'] ? { preserveUnknown: true } : {};

/**
 * Answers a copy with the schema's defaults. A null where the schema allows none counts as absent: it gets the default, and
 * is left out where there is none. An object that is absent and has no default gets none for its fields.
 */
export function withDefaults(schema: Structural, value: Json): Json {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => withDefaults(items, orDefault(items, item) ?? null));
  }
  if (!isObject(value)) return value;
  const fresh = Object.entries(schema.properties ?? {})
    .filter(([name, field]) => field.default !== undefined && !Object.hasOwn(value, name))
    .map(([name, field]) => [name, structuredClone(field.default ?? null)] as const);
  const entries = [...Object.entries(value), ...fresh].flatMap(([key, given]) => {
    const field = schemaOfKey(schema, key);
    if (field === undefined) return [[key, given] as const];
    const kept = orDefault(field, given);
    return kept === undefined ? [] : [[key, withDefaults(field, kept)] as const];
  });
  return Object.fromEntries(entries);
}

const orDefault = (schema: Structural, value: Json): Json | undefined =>
  value === null && !schema.nullable ? structuredClone(schema.default) : value;

/** Answers a copy without the fields that the schema does not name, and adds their paths to `dropped`. */
export function withoutUnknown(place: { schema: Structural; value: Json; path: string; dropped: string[] }): Json {
  const { schema, value, path, dropped } = place;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return value;
    return value.map((item, index) =>
      withoutUnknown({ schema: items, value: item, path: `${path}[${index}]`, dropped }),
    );
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value).flatMap(([key, given]) => {
    const at = path === '' ? key : `${path}.${key}`;
    if (isOfEveryObject(schema, path, key)) return [[key, given] as const];
    const field = schemaOfKey(schema, key);
    if (field !== undefined)
      return [[key, withoutUnknown({ schema: field, value: given, path: at, dropped })] as const];
    if (keepsUnknown(schema)) return [[key, given] as const];
    dropped.push(at);
    return [];
  });
  return Object.fromEntries(entries);
}

const isOfEveryObject = (schema: Structural, path: string, key: string): boolean =>
  (path === '' || schema['x-kubernetes-embedded-resource'] === true) && OF_EVERY_OBJECT.includes(key);

const keepsUnknown = (schema: Structural): boolean =>
  schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
