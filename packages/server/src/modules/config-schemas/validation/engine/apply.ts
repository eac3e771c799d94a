/** Applies compiled schemas to values. */
import type { Json } from './json.ts';
import type { Place, Resource } from './places.ts';
import { MISTAKES_MAX, type Mistake, type Path, pointerOf } from './pointers.ts';
import { merge, newSeen, type Seen } from './seen.ts';

/** A compiled schema. */
export interface Node {
  readonly place: Place;
  /** In the order in which they run. Those that ask for what the others have seen are the last. */
  readonly checks: Check[];
}

/** Tells whether the value keeps one keyword, and notes the mistake when it does not. */
export type Check = (value: Json, here: Here) => boolean;

/** One application of a schema to a value. */
export interface Here {
  readonly path: Path | undefined;
  readonly scope: Scope;
  /** How many applications stand in one another. */
  readonly depth: number;
  /** Undefined where only the verdict counts. */
  readonly mistakes: Mistake[] | undefined;
  /** What this schema, and those applied to this value by it, have evaluated; undefined where no keyword asks for it. */
  readonly seen: Seen | undefined;
  /** Whether a keyword of the document asks for what was seen. */
  readonly tracks: boolean;
}

/** The resources that were entered on the way here, the innermost first: the dynamic scope of the draft. */
export interface Scope {
  readonly resource: Resource;
  readonly outer: Scope | undefined;
}

/** Applications that may stand in one another, so that the stack of the thread suffices. */
const DEPTH_MAX = 512;

/** Thrown when a value makes schemas stand in one another too often. */
export class TooDeep extends Error {}

/** Returns at most 20 mistakes of the value. Throws `TooDeep`. */
export function mistakesOf(node: Node, value: Json, tracks: boolean): Mistake[] {
  const mistakes: Mistake[] = [];
  const scope = { resource: node.place.resource, outer: undefined };
  apply(node, value, { path: undefined, scope, depth: 0, mistakes, seen: undefined, tracks });
  return mistakes;
}

/** Applies the schema to the value of `here` itself; what it has seen counts for the schema of `here` when it matches. */
export function apply({ place, checks }: Node, value: Json, here: Here): boolean {
  if (place.schema === true) return true;
  if (place.schema === false) return fail(here, 'is not allowed');
  if (here.depth >= DEPTH_MAX) throw new TooDeep();
  const inside: Here = {
    path: here.path,
    scope: here.scope.resource === place.resource ? here.scope : { resource: place.resource, outer: here.scope },
    depth: here.depth + 1,
    mistakes: here.mistakes,
    seen: here.tracks ? newSeen() : undefined,
    tracks: here.tracks,
  };
  let valid = true;
  for (const check of checks) {
    if (check(value, inside)) continue;
    valid = false;
    if (isEnough(here)) return false;
  }
  if (valid && here.seen !== undefined && inside.seen !== undefined) merge(here.seen, inside.seen);
  return valid;
}

/** Applies the schema to a part of the value. */
export function applyInside(node: Node, part: Json, here: Here, key: string | number): boolean {
  return apply(node, part, { ...here, path: { outer: here.path, key }, seen: undefined });
}

/** Applies the schema to the value and notes no mistakes: only the verdict counts. */
export function matches(node: Node, value: Json, here: Here): boolean {
  return apply(node, value, { ...here, mistakes: undefined });
}

/** Notes a mistake at the value of `here`, or at its member of that name, and returns false. */
export function fail(here: Here, message: string, key?: string | number): false {
  if (here.mistakes === undefined || here.mistakes.length >= MISTAKES_MAX) return false;
  const path = key === undefined ? here.path : { outer: here.path, key };
  const pointer = pointerOf(path);
  // Schemas that say one thing twice are told once.
  const isTold = here.mistakes.some((told) => told.pointer === pointer && told.message === message);
  if (!isTold) here.mistakes.push({ pointer, message });
  return false;
}

/** Tells that further mistakes change nothing. */
export function isEnough({ mistakes }: Here): boolean {
  return mistakes === undefined || mistakes.length >= MISTAKES_MAX;
}
