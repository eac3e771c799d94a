/** What the code of a keyword gets. */
import type { Check, Node } from './apply.ts';
import type { Json, JsonObject } from './json.ts';
import type { Place } from './places.ts';
import type { Target } from './references.ts';

/** A schema that is being compiled. */
export interface Site {
  readonly schema: JsonObject;
  /** The compiled schema at a pointer from this one. */
  inner(pointer: string): Node;
  /** The compiled schema of a place. */
  node(place: Place): Node;
  target(reference: string): Target;
}

/** Makes the check of a keyword from its value, which has the shape that the meta-schema demands; undefined: nothing is to be checked. */
export type Keyword<Value extends Json = never> = (value: Value, site: Site) => Check | undefined;

export type Keywords = Readonly<Record<string, Keyword>>;
