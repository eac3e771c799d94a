/** Makes checks of schemas. Nothing is shared between two compiled schemas, and nothing is fetched. */
import { type Check, mistakesOf, type Node } from './apply.ts';
import { isObject, type Json, type JsonObject, own } from './json.ts';
import type { Keywords, Site } from './keyword.ts';
import { arrayKeywords } from './keywords/arrays.ts';
import { inPlaceKeywords } from './keywords/in-place.ts';
import { numberKeywords } from './keywords/numbers.ts';
import { objectKeywords } from './keywords/objects.ts';
import { stringKeywords } from './keywords/strings.ts';
import { unevaluatedKeywords } from './keywords/unevaluated.ts';
import { valueKeywords } from './keywords/values.ts';
import type { Place, Resource } from './places.ts';
import type { Mistake } from './pointers.ts';
import { type FindResource, resolveReference } from './references.ts';

/** The vocabulary that a custom meta-schema may leave out. */
const assertions: Keywords = { ...valueKeywords, ...numberKeywords, ...stringKeywords, ...lengthsOf(arrayKeywords) };
const others: Keywords = { ...inPlaceKeywords, ...arrayKeywords, ...objectKeywords };

function lengthsOf({ maxItems, minItems, uniqueItems }: Keywords): Keywords {
  const { maxProperties, minProperties, required, dependentRequired } = objectKeywords;
  const lengths = { maxItems, minItems, uniqueItems, maxProperties, minProperties, required, dependentRequired };
  return Object.fromEntries(Object.entries(lengths).flatMap(([name, make]) => (make ? [[name, make]] : [])));
}

const isAssertion = (name: string) => Object.hasOwn(assertions, name);
// Cheap checks first, then the order of this list; what asks for the others' findings last.
const order: readonly (readonly [string, Keywords])[] = [
  ...Object.keys(assertions).map((name) => [name, assertions] as const),
  ...Object.keys(others).flatMap((name) => (isAssertion(name) ? [] : [[name, others] as const])),
  ...Object.keys(unevaluatedKeywords).map((name) => [name, unevaluatedKeywords] as const),
];

/** Returns at most 20 mistakes of a value. Throws `TooDeep`. */
export type Validate = (value: Json) => Mistake[];

/** Compiles the schema at the root of the resource. All references must have targets. */
export function compile(root: Resource, find: FindResource): Validate {
  const nodes = createNodes(find);
  const place = root.document.places.get(root.pointer);
  if (place === undefined) throw new Error('a schema without a root was compiled');
  const node = nodes.node(place);
  return (value) => mistakesOf(node, value, nodes.tracks());
}

function createNodes(find: FindResource) {
  const made = new Map<Place, Node>();
  const waiting: Node[] = [];
  let filling = false;
  let tracks = false;
  function node(place: Place): Node {
    const known = made.get(place);
    if (known !== undefined) return known;
    const fresh: Node = { place, checks: [] };
    made.set(place, fresh);
    waiting.push(fresh);
    // One after the other, so that a long chain of references needs no deep stack.
    if (filling) return fresh;
    filling = true;
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) fill(next);
    filling = false;
    return fresh;
  }
  function fill({ place, checks }: Node): void {
    const { schema, resource } = place;
    if (!isObject(schema)) return;
    tracks ||= Object.keys(unevaluatedKeywords).some((name) => Object.hasOwn(schema, name));
    checks.push(...checksOf(schema, siteAt(place, schema), resource.document.asserts));
  }
  function siteAt({ resource, pointer }: Place, schema: JsonObject): Site {
    return {
      schema,
      node,
      inner(inside) {
        const place = resource.document.places.get(pointer + inside);
        if (place === undefined) throw new Error('a keyword asked for a schema that is not there');
        return node(place);
      },
      target(reference) {
        const target = resolveReference(reference, resource, find);
        if (typeof target === 'string') throw new Error('a reference without a target was compiled');
        return target;
      },
    };
  }
  return { node, tracks: () => tracks };
}

function checksOf(schema: JsonObject, site: Site, asserts: boolean): Check[] {
  return order.flatMap(([name, keywords]) => {
    const value = own(schema, name);
    if (value === undefined || (!asserts && isAssertion(name))) return [];
    // The meta-schema has checked that the value has the shape that the keyword takes.
    return keywords[name]?.(value as never, site) ?? [];
  });
}
