/** Where `$ref` and `$dynamicRef` lead. No reference is ever fetched. */
import { isObject, type Json, own } from './json.ts';
import { applicators, inPlace, type Place, type Resource } from './places.ts';
import type { Mistake } from './pointers.ts';
import { resolveUri, schemasIn } from './walk.ts';

export interface Target {
  readonly place: Place;
  /** The name, when a dynamic anchor gave the place. */
  readonly dynamicAnchor: string | undefined;
}

/** Finds a resource by its absolute URI. */
export type FindResource = (uri: string) => Resource | undefined;

const referenceKeywords = ['$ref', '$dynamicRef'] as const;

/** Returns the target of a reference that stands in the resource, or a sentence that says why it has none. */
export function resolveReference(reference: string, from: Resource, find: FindResource): Target | string {
  const [, before = '', fragment = ''] = /^([^#]*)#?(.*)$/s.exec(reference) ?? [];
  const uri = before === '' ? from.uri : resolveUri(before, from.uri);
  const resource = uri === from.uri ? from : find(uri ?? '');
  if (resource === undefined) return 'points out of the document, and nothing is fetched: copy the schema into $defs';
  const name = decoded(fragment);
  const place = name === '' || name?.startsWith('/') ? placeAt(resource, name) : resource.anchors.get(name ?? '');
  if (place !== undefined) return { place, dynamicAnchor: undefined };
  const dynamic = resource.dynamicAnchors.get(name ?? '');
  if (dynamic !== undefined) return { place: dynamic, dynamicAnchor: name };
  return 'points to no schema of the document';
}

const placeAt = ({ document, pointer }: Resource, fragment: string) => document.places.get(pointer + fragment);

function decoded(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return undefined;
  }
}

/** Returns a mistake for each reference of the document without a target, and each that leads back to itself. */
export function referenceMistakes(places: Iterable<Place>, find: FindResource): Mistake[] {
  const mistakes: Mistake[] = [];
  const edges = new Map<Place, Edge[]>();
  for (const place of places) edges.set(place, edgesOf(place, find, mistakes));
  return mistakes.length > 0 ? mistakes : circleMistakes(edges);
}

/** The schema at the one end uses the schema at the other for one and the same value. */
interface Edge {
  readonly to: Place;
  readonly pointer: string;
}

function edgesOf(place: Place, find: FindResource, mistakes: Mistake[]): Edge[] {
  const { schema, pointer, resource } = place;
  if (!isObject(schema)) return [];
  const edges: Edge[] = [];
  for (const keyword of referenceKeywords) {
    const reference: Json | undefined = own(schema, keyword);
    if (typeof reference !== 'string') continue;
    const target = resolveReference(reference, resource, find);
    if (typeof target === 'string') mistakes.push({ pointer: `${pointer}/${keyword}`, message: target });
    else edges.push({ to: target.place, pointer: `${pointer}/${keyword}` });
  }
  for (const keyword of inPlace) {
    for (const [, inner] of schemasIn(schema, keyword, applicators.get(keyword) ?? 'one')) {
      const to = resource.document.places.get(pointer + inner);
      if (to !== undefined) edges.push({ to, pointer: pointer + inner });
    }
  }
  return edges;
}

function circleMistakes(edges: ReadonlyMap<Place, readonly Edge[]>): Mistake[] {
  const mistakes: Mistake[] = [];
  const state = new Map<Place, 'open' | 'done'>();
  const visit = (place: Place): void => {
    state.set(place, 'open');
    for (const { to, pointer } of edges.get(place) ?? []) {
      if (state.get(to) === 'open') {
        mistakes.push({ pointer, message: 'leads back to itself without going into the content, so it never ends' });
      } else if (!state.has(to)) visit(to);
    }
    state.set(place, 'done');
  };
  for (const place of edges.keys()) if (!state.has(place)) visit(place);
  return mistakes;
}
