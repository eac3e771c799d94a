/** Finds all schemas of a document, their names, and the mistakes that a meta-schema cannot say. */
import { isList, isObject, type Json, type JsonObject, own } from './json.ts';
import { applicators, type Document, type Place, type Resource, type Shape } from './places.ts';
import { escaped, type Mistake } from './pointers.ts';

export const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

export interface Walk {
  readonly document: Document;
  /** All resources that are known, by URI. */
  readonly resources: Map<string, Resource>;
  readonly mistakes: Mistake[];
  /** Tells whether a schema may name the URI in `$schema`. */
  readonly isDialect: (uri: string) => boolean;
}

/** Resolves the reference to an absolute URI; undefined when it is none. */
export function resolveUri(reference: string, base: string): string | undefined {
  return URL.canParse(reference, base) ? new URL(reference, base).href : undefined;
}

/** Walks over the whole document and returns its root resource, whose URI is `base` unless it has an `$id`. */
export function walkDocument(walk: Walk, root: Json, base: string): Resource {
  const outer = newResource(walk, { uri: base, pointer: '' });
  const resource = walkSchema(walk, root, { pointer: '', resource: outer });
  if (resource === outer) walk.resources.set(base, outer);
  return resource;
}

interface Spot {
  readonly pointer: string;
  readonly resource: Resource;
}

function newResource(
  { document }: Walk,
  { uri, pointer }: { readonly uri: string; readonly pointer: string },
): Resource {
  return { uri, pointer, document, anchors: new Map(), dynamicAnchors: new Map() };
}

function walkSchema(walk: Walk, schema: Json, spot: Spot): Resource {
  if (typeof schema !== 'boolean' && !isObject(schema)) return spot.resource;
  const resource = isObject(schema) ? resourceOf(walk, schema, spot) : spot.resource;
  const place: Place = { schema, pointer: spot.pointer, resource };
  walk.document.places.set(spot.pointer, place);
  if (isObject(schema)) {
    nameAnchors(walk, schema, place);
    checkPatterns(walk, schema, spot.pointer);
    for (const [keyword, shape] of applicators) {
      for (const [inner, pointer] of schemasIn(schema, keyword, shape)) {
        walkSchema(walk, inner, { pointer: spot.pointer + pointer, resource });
      }
    }
  }
  return resource;
}

/** Lists the schemas that a keyword holds, with their pointers from the schema around it. */
export function schemasIn(schema: JsonObject, keyword: string, shape: Shape): [Json, string][] {
  const value = own(schema, keyword);
  if (value === undefined) return [];
  if (shape === 'one') return [[value, `/${keyword}`]];
  if (shape === 'list' ? !isList(value) : !isObject(value)) return [];
  return Object.entries(value as JsonObject).map(([name, inner]) => [inner, `/${keyword}/${escaped(name)}`]);
}

/** Returns the resource that the schema opens with `$id`, or the one around it. */
function resourceOf(walk: Walk, schema: JsonObject, { pointer, resource }: Spot): Resource {
  const id = own(schema, '$id');
  const dialect = own(schema, '$schema');
  if (typeof dialect === 'string' && !walk.isDialect(dialect.replace(/#$/, ''))) {
    walk.mistakes.push({ pointer: `${pointer}/$schema`, message: `must be ${DIALECT}` });
  }
  if (typeof id !== 'string') return resource;
  const uri = resolveUri(id.replace(/#.*$/s, ''), resource.uri);
  if (uri === undefined) {
    walk.mistakes.push({
      pointer: `${pointer}/$id`,
      message: 'must be a URI, or one in relation to the schema around',
    });
    return resource;
  }
  if (walk.resources.has(uri)) {
    walk.mistakes.push({ pointer: `${pointer}/$id`, message: 'is the URI of another schema in the document too' });
  }
  const own_ = newResource(walk, { uri, pointer });
  walk.resources.set(uri, own_);
  return own_;
}

function nameAnchors(walk: Walk, schema: JsonObject, place: Place): void {
  const { anchors, dynamicAnchors } = place.resource;
  for (const keyword of ['$anchor', '$dynamicAnchor']) {
    const name = own(schema, keyword);
    if (typeof name !== 'string') continue;
    const taken = anchors.get(name) ?? dynamicAnchors.get(name);
    if (taken !== undefined && taken !== place) {
      walk.mistakes.push({ pointer: `${place.pointer}/${keyword}`, message: 'names two places' });
    }
    (keyword === '$anchor' ? anchors : dynamicAnchors).set(name, place);
  }
}

/** Reads a pattern as ECMA-262 with Unicode, as the draft says; undefined when it is none. */
export function readPattern(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return undefined;
  }
}

function checkPatterns(walk: Walk, schema: JsonObject, pointer: string): void {
  const message = 'must be a regular expression of ECMA-262 with the flag u';
  const pattern = own(schema, 'pattern');
  if (typeof pattern === 'string' && readPattern(pattern) === undefined) {
    walk.mistakes.push({ pointer: `${pointer}/pattern`, message });
  }
  const byPattern = own(schema, 'patternProperties');
  for (const name of isObject(byPattern) ? Object.keys(byPattern) : []) {
    if (readPattern(name) !== undefined) continue;
    walk.mistakes.push({ pointer: `${pointer}/patternProperties/${escaped(name)}`, message });
  }
}
