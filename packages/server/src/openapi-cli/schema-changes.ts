/** How one schema breaks who relied on another one: what callers send may not become narrower, what they get not wider. */
import { isJson, type Json, member, texts } from '../http/openapi/json.ts';

export interface Sides {
  /** The documents, for their references. */
  readonly before: Json;
  readonly after: Json;
  /** Whether callers send it or get it. */
  readonly direction: 'input' | 'output';
  /** Where it is, for people. */
  readonly place: string;
}

/** Returns one sentence for each change that breaks a caller. */
export function schemaChanges(was: Json, is: Json, sides: Sides): string[] {
  // Equal references to equal documents end here, and so do the schemas that hold themselves.
  if (sides.place.split('.').length > DEPTH_MAX) return [];
  const [old, present] = [resolve(was, sides.before), resolve(is, sides.after)];
  const [oldOptions, options] = [optionsOf(old), optionsOf(present)];
  if (oldOptions.length > 1 || options.length > 1) return unionChanges(oldOptions, options, sides);
  return [
    ...typeChanges(old, present, sides),
    ...enumChanges(old, present, sides),
    ...(sides.direction === 'input' ? limitChanges(old, present, sides.place) : []),
    ...propertyChanges(old, present, sides),
    ...inside('items', '[]', { old, present, sides }),
    ...inside('additionalProperties', '.*', { old, present, sides }),
  ];
}

const DEPTH_MAX = 20;

function optionsOf(schema: Json): readonly Json[] {
  const { anyOf, oneOf } = schema;
  const options = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : [schema];
  return options.filter(isJson);
}

/** What was accepted must be accepted by one of them; what is given must be one that was given. */
function unionChanges(was: readonly Json[], is: readonly Json[], sides: Sides): string[] {
  const fits = (old: Json, present: Json) => schemaChanges(old, present, sides).length === 0;
  const lost =
    sides.direction === 'input'
      ? was.filter((old) => !is.some((present) => fits(old, present)))
      : is.filter((present) => !was.some((old) => fits(old, present)));
  const verb = sides.direction === 'input' ? 'no longer accepts' : 'may now be';
  return lost.map((option) => `${sides.place} ${verb} ${nameOf(option)}`);
}

function nameOf({ $ref: reference, type }: Json): string {
  return typeof reference === 'string' ? (reference.split('/').at(-1) ?? reference) : String(type);
}

function typesOf({ type }: Json): readonly string[] {
  return Array.isArray(type) ? type.map(String) : type === undefined ? [] : [String(type)];
}

function typeChanges(old: Json, present: Json, { direction, place }: Sides): string[] {
  const [from, to] = direction === 'input' ? [typesOf(old), typesOf(present)] : [typesOf(present), typesOf(old)];
  // No type at all is any type.
  if (to.length === 0) return [];
  if (from.length === 0) return [`${place} was of any type and is ${typesOf(present).join(' or ') || 'of any'}`];
  const lost = from.filter((type) => !to.includes(type) && !(type === 'integer' && to.includes('number')));
  const verb = direction === 'input' ? 'no longer accepts' : 'may now be';
  return lost.map((type) => `${place} ${verb} ${type}`);
}

/** New values in answers break nobody who heeds that they may come; free text instead of values breaks everybody. */
function enumChanges(old: Json, present: Json, { direction, place }: Sides): string[] {
  const [was, is] = [old['enum'], present['enum']];
  if (!Array.isArray(is)) return Array.isArray(was) && direction === 'output' ? [`${place} is no longer an enum`] : [];
  if (direction === 'output') return [];
  if (!Array.isArray(was)) return [`${place} is now an enum`];
  return was
    .filter((value) => !is.includes(value))
    .map((value) => `${place} no longer accepts ${JSON.stringify(value)}`);
}

const UPPER = ['maxLength', 'maximum', 'maxItems', 'exclusiveMaximum', 'maxProperties'];
const LOWER = ['minLength', 'minimum', 'minItems', 'exclusiveMinimum', 'minProperties'];

function limitChanges(old: Json, present: Json, place: string): string[] {
  const number = (schema: Json, limit: string, otherwise: number) =>
    typeof schema[limit] === 'number' ? schema[limit] : otherwise;
  const lowered = UPPER.filter((each) => number(present, each, Infinity) < number(old, each, Infinity));
  const raised = LOWER.filter((each) => number(present, each, -Infinity) > number(old, each, -Infinity));
  // A lower limit of nothing is none.
  const felt = raised.filter((each) => !(each.endsWith('Length') || each.endsWith('Items')) || present[each] !== 0);
  const exact = ['pattern', 'format'].filter((each) => present[each] !== undefined && present[each] !== old[each]);
  const moved = JSON.stringify(old['default']) !== JSON.stringify(present['default']) ? ['default'] : [];
  return [...lowered, ...felt, ...exact, ...moved].map(
    (each) => `${place}: ${each} was ${JSON.stringify(old[each])} and is ${JSON.stringify(present[each])}`,
  );
}

function propertyChanges(old: Json, present: Json, sides: Sides): string[] {
  const { direction, place } = sides;
  const [was, is] = [member(old, 'properties'), member(present, 'properties')];
  const [needed, needs] = [texts(old, 'required'), texts(present, 'required')];
  const changed = Object.entries(was).flatMap(([name, property]) => {
    const now = is[name];
    if (!isJson(now)) return [`${place}.${name} is gone`];
    return schemaChanges(isJson(property) ? property : {}, now, { ...sides, place: `${place}.${name}` });
  });
  const required =
    direction === 'input'
      ? needs.filter((name) => !needed.includes(name)).map((name) => `${place}.${name} is now required`)
      : needed
          .filter((name) => is[name] !== undefined && !needs.includes(name))
          .map((name) => `${place}.${name} may now be absent`);
  return [...changed, ...required];
}

interface Pair {
  readonly old: Json;
  readonly present: Json;
  readonly sides: Sides;
}

function inside(keyword: string, suffix: string, { old, present, sides }: Pair): string[] {
  const place = sides.place + suffix;
  const [was, is] = [old[keyword], present[keyword]];
  if (isJson(was) && isJson(is)) return schemaChanges(was, is, { ...sides, place });
  const closed = keyword === 'additionalProperties' && sides.direction === 'input' && is === false && was !== false;
  return closed && old['type'] === 'object' ? [`${sides.place} no longer accepts other members`] : [];
}

/** Follows a reference to the end, inside of its document. */
export function resolve(value: Json, document: Json): Json {
  const { $ref: reference, ...beside } = value;
  if (typeof reference !== 'string') return value;
  const found = reference
    .replace('#/', '')
    .split('/')
    .reduce<unknown>((at, step) => (isJson(at) ? at[step] : undefined), document);
  return { ...(isJson(found) ? resolve(found, document) : {}), ...beside };
}
