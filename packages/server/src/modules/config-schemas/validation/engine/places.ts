/** The parts of a schema document: where schemas stand in it, and the names that references use for them. */
import type { JsonObject } from './json.ts';

export type Schema = boolean | JsonObject;

/** A schema, at its place in a document. */
export interface Place {
  readonly schema: Schema;
  /** From the root of the document. */
  readonly pointer: string;
  readonly resource: Resource;
}

/** A schema with a URI of its own, and all schemas inside it that have none. */
export interface Resource {
  /** Absolute, without a fragment. */
  readonly uri: string;
  /** Of its root, from the root of the document. */
  readonly pointer: string;
  readonly document: Document;
  readonly anchors: Map<string, Place>;
  readonly dynamicAnchors: Map<string, Place>;
}

export interface Document {
  /** By pointer. */
  readonly places: Map<string, Place>;
  /** Whether the keywords of the validation vocabulary count, which a custom meta-schema may switch off. */
  readonly asserts: boolean;
}

/** What the value of a keyword holds: one schema, a list of schemas, or schemas by name. */
export type Shape = 'one' | 'list' | 'map';

/** Every keyword with schemas inside. `definitions` is no keyword of 2020-12, but its meta-schema knows it. */
export const applicators: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['$defs', 'map'],
  ['definitions', 'map'],
  ['additionalProperties', 'one'],
  ['allOf', 'list'],
  ['anyOf', 'list'],
  ['contains', 'one'],
  ['contentSchema', 'one'],
  ['dependentSchemas', 'map'],
  ['else', 'one'],
  ['if', 'one'],
  ['items', 'one'],
  ['not', 'one'],
  ['oneOf', 'list'],
  ['patternProperties', 'map'],
  ['prefixItems', 'list'],
  ['properties', 'map'],
  ['propertyNames', 'one'],
  ['then', 'one'],
  ['unevaluatedItems', 'one'],
  ['unevaluatedProperties', 'one'],
]);

/** Those whose schemas are for the value itself, not for a part of it. */
export const inPlace: ReadonlySet<string> = new Set([
  'allOf',
  'anyOf',
  'dependentSchemas',
  'else',
  'if',
  'not',
  'oneOf',
  'then',
]);
