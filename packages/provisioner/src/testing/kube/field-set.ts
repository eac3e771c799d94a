/** Sets of paths into an object, and their form in `managedFields` (`fieldsV1`). */
import { canonical, isObject } from './json.ts';
import type { Json, JsonObject } from './types.ts';

/**
 * A set of paths. An element of a path is written as in `fieldsV1`: `f:name` for a field, `k:{…}` for the item of a
 * list with these keys, `v:…` for the item of a set, `i:0` for an index.
 */
export interface FieldSet {
  readonly members: Set<string>;
  readonly children: Map<string, FieldSet>;
}

export type Path = readonly string[];

export function emptySet(): FieldSet {
  return { members: new Set(), children: new Map() };
}

export function setOf(...paths: Path[]): FieldSet {
  const set = emptySet();
  for (const path of paths) insert(set, path);
  return set;
}

/** Adds a path; the empty path is no member of any set. */
export function insert(set: FieldSet, path: Path): void {
  let at = set;
  for (const [index, element] of path.entries()) {
    if (index === path.length - 1) {
      at.members.add(element);
      return;
    }
    const child = at.children.get(element) ?? emptySet();
    at.children.set(element, child);
    at = child;
  }
}

export function isEmpty(set: FieldSet): boolean {
  return set.members.size === 0 && [...set.children.values()].every(isEmpty);
}

export function childOf(set: FieldSet, element: string): FieldSet {
  return set.children.get(element) ?? emptySet();
}

function combine(
  left: FieldSet,
  right: FieldSet,
  members: (left: Set<string>, right: Set<string>) => Set<string>,
): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const element of new Set([...left.children.keys(), ...right.children.keys()])) {
    const child = combine(childOf(left, element), childOf(right, element), members);
    if (!isEmpty(child)) children.set(element, child);
  }
  return { members: members(left.members, right.members), children };
}

type Members = Set<string>;

export function union(left: FieldSet, right: FieldSet): FieldSet {
  return combine(left, right, (l: Members, r: Members) => new Set([...l, ...r]));
}

export function difference(left: FieldSet, right: FieldSet): FieldSet {
  return combine(left, right, (l: Members, r: Members) => new Set([...l].filter((one) => !r.has(one))));
}

export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  return combine(left, right, (l: Members, r: Members) => new Set([...l].filter((one) => r.has(one))));
}

/** Answers the set without what lies below, or is, one of these fields at the root. */
export function withoutRoots(set: FieldSet, keeps: (field: string) => boolean): FieldSet {
  const kept = (element: string) => keeps(element.slice(2));
  return {
    members: new Set([...set.members].filter(kept)),
    children: new Map([...set.children].filter(([element]) => kept(element))),
  };
}

/** Answers all paths of the set, in order. */
export function pathsOf(set: FieldSet): Path[] {
  const elements = [...new Set([...set.members, ...set.children.keys()])].sort();
  return elements.flatMap((element) => [
    ...(set.members.has(element) ? [[element]] : []),
    ...pathsOf(childOf(set, element)).map((path) => [element, ...path]),
  ]);
}

/** Writes a set as `fieldsV1`. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const fields: JsonObject = {};
  for (const element of [...new Set([...set.members, ...set.children.keys()])].sort()) {
    const child = childOf(set, element);
    const self: JsonObject = set.members.has(element) && !isEmpty(child) ? { '.': {} } : {};
    fields[element] = { ...self, ...toFieldsV1(child) };
  }
  return fields;
}

/** Reads a `fieldsV1`. */
export function fromFieldsV1(fields: JsonObject): FieldSet {
  const set = emptySet();
  for (const [element, below] of Object.entries(fields)) {
    if (element === '.' || !isObject(below)) continue;
    const keys = Object.keys(below);
    if (keys.length === 0 || keys.includes('.')) set.members.add(normalized(element));
    const child = fromFieldsV1(below);
    if (!isEmpty(child)) set.children.set(normalized(element), child);
  }
  return set;
}

function normalized(element: string): string {
  if (!element.startsWith('k:') && !element.startsWith('v:')) return element;
  const value: Json = JSON.parse(element.slice(2));
  return `${element.slice(0, 2)}${canonical(value)}`;
}

/** Writes a path as errors show it: `.spec.ports[name="http"].port`. */
export function printPath(path: Path): string {
  return path.map(printElement).join('');
}

export function printElement(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return `.${rest}`;
  if (element.startsWith('v:')) return `[=${rest}]`;
  if (element.startsWith('i:')) return `[${rest}]`;
  const keys: JsonObject = JSON.parse(rest);
  return `[${Object.entries(keys)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}]`;
}
