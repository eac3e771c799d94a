/** Small helpers on JSON values. */
import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from './types.ts';

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Answers the object below a key, or an empty one. */
export function objectAt(value: JsonObject, key: string): JsonObject {
  const found = value[key];
  return isObject(found) ? found : {};
}

export function metadataOf(object: JsonObject): JsonObject {
  return objectAt(object, 'metadata');
}

export function stringAt(object: JsonObject, key: string): string {
  const found = object[key];
  return typeof found === 'string' ? found : '';
}

export function stringsAt(object: JsonObject, key: string): string[] {
  const found = object[key];
  return Array.isArray(found) ? found.filter((item) => typeof item === 'string') : [];
}

/** Answers a copy of the object with another metadata; a field that is undefined is left out. */
export function withMetadata(object: JsonObject, fields: { [key: string]: Json | undefined }): JsonObject {
  return { ...object, metadata: defined({ ...metadataOf(object), ...fields }) };
}

/** Answers the fields that are not undefined. */
export function defined(fields: { [key: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

/** Says whether two values are equal, whatever the order of their keys. */
export function equal(left: Json | undefined, right: Json | undefined): boolean {
  return isDeepStrictEqual(left, right);
}

/** Writes a value with sorted keys: equal values have one form. */
export function canonical(value: Json): string {
  return JSON.stringify(value, (_key, child: Json) =>
    isObject(child) ? Object.fromEntries(Object.entries(child).sort(([a], [b]) => (a < b ? -1 : 1))) : child,
  );
}
