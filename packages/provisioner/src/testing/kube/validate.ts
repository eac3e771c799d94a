/** Validates a value against a structural schema, with the causes that a Kubernetes API server names. */
import { isIP } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { blocksRules, duplicate, invalid, rulesNotRun, tooLong, tooMany, typeInvalid, unsupported } from './causes.ts';
import { type Checked, causeOf, type Rule } from './cel.ts';
import { isObject } from './json.ts';
import { requiredField } from './status.ts';
import { type Structural, schemaOfKey } from './structural.ts';
import type { Cause, Json, JsonObject } from './types.ts';

/** The compiled rules of each schema that has some. */
export type Rules = ReadonlyMap<Structural, readonly Rule[]>;

interface Place extends Checked {
  /** The value is as it was, so its faults are no reason to refuse an update of the rest. */
  readonly unchanged: boolean;
}

/**
 * Answers why a value is invalid. With `old`, faults of parts that did not change are forgiven, and rules about changes are
 * run. Rules are run only where the value has the shape that they expect.
 */
export function validateValue(checked: Checked, rules: Rules): Cause[] {
  const all = [...places({ ...checked, unchanged: same(checked) })];
  const causes = all.filter(({ unchanged }) => !unchanged).flatMap(faults);
  if (causes.some(blocksRules)) return [...causes, rulesNotRun];
  return [...causes, ...all.flatMap((place) => broken(place, rules))];
}

const same = ({ value, old }: Checked): boolean => old !== undefined && isDeepStrictEqual(value, old);

function broken(place: Place, rules: Rules): Cause[] {
  return (rules.get(place.schema) ?? [])
    .filter(({ transition }) => transition || !place.unchanged)
    .flatMap((rule) => causeOf(rule, place) ?? []);
}

/** The value and everything in it that has a schema. */
function* places(place: Place): Generator<Place> {
  yield place;
  const { schema, value, old, path } = place;
  if (Array.isArray(value) && schema.items !== undefined) {
    for (const [index, item] of value.entries())
      yield* part(place, {
        schema: schema.items,
        value: item,
        old: counterpart(schema, old, item),
        path: `${path}[${index}]`,
      });
  } else if (isObject(value)) {
    for (const [key, one] of Object.entries(value)) {
      const field = schemaOfKey(schema, key);
      const before = isObject(old) && Object.hasOwn(old, key) ? old[key] : undefined;
      if (field !== undefined) yield* part(place, { schema: field, value: one, old: before, path: under(path, key) });
    }
  }
}

function part(whole: Place, checked: Checked): Generator<Place> {
  return places({ ...checked, unchanged: whole.unchanged || same(checked) });
}

/** The item of the same key before; items of lists without keys have no earlier self. */
function counterpart(schema: Structural, old: Json | undefined, item: Json): Json | undefined {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys === undefined || !Array.isArray(old)) return undefined;
  return old.find((one) => isDeepStrictEqual(keyOf(keys, one), keyOf(keys, item)));
}

const keyOf = (keys: readonly string[], item: Json): JsonObject =>
  Object.fromEntries(keys.map((key) => [key, (isObject(item) ? item[key] : undefined) ?? null]));

const under = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

function faults(place: Place): Cause[] {
  const { schema, value, path } = place;
  if (value === null && schema.nullable) return [];
  const wrongType = typeFault(schema, value, path);
  if (wrongType !== undefined) return [wrongType, ...combined(place)];
  return [...choice(schema, value, path), ...ofValue(schema, value, path), ...combined(place)];
}

function typeFault(schema: Structural, value: Json, path: string): Cause | undefined {
  const expected = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type && [schema.type];
  const found = typeName(value);
  if (expected === undefined || expected.includes(found)) return undefined;
  if (found === 'integer' && expected.includes('number')) return undefined;
  return typeInvalid(path, expected.join(','), found);
}

function typeName(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

const choice = (schema: Structural, value: Json, path: string): Cause[] =>
  schema.enum === undefined || schema.enum.some((one) => isDeepStrictEqual(one, value))
    ? []
    : [unsupported(path, value, schema.enum)];

function ofValue(schema: Structural, value: Json, path: string): Cause[] {
  if (typeof value === 'string') return ofText(schema, value, path);
  if (typeof value === 'number') return ofNumber(schema, value, path);
  if (Array.isArray(value)) return ofList(schema, value, path);
  return isObject(value) ? ofObject(schema, value, path) : [];
}

function ofText(schema: Structural, value: string, path: string): Cause[] {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern, format } = schema;
  const length = [...value].length;
  const causes: Cause[] = [];
  if (length > maxLength) causes.push(tooLong(path, maxLength));
  if (length < minLength)
    causes.push(invalid(path, `${path} in body should be at least ${minLength} chars long`, value));
  if (pattern !== undefined && !matcher(pattern).test(value))
    causes.push(invalid(path, `${path} in body should match '${pattern}'`, value));
  if (format !== undefined && FORMATS[format]?.(value) === false) causes.push(typeInvalid(path, format, value));
  return causes;
}

const matchers = new Map<string, RegExp>();

function matcher(pattern: string): RegExp {
  const known = matchers.get(pattern) ?? new RegExp(pattern, 'u');
  matchers.set(pattern, known);
  return known;
}

const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:?\d{2})$/;
const DURATION = /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)(((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*)$/;

/** Formats of text that are checked; others are allowed, as by the API server. */
const FORMATS: Readonly<Record<string, (value: string) => boolean>> = {
  'date-time': (value) => DATE_TIME.test(value) && !Number.isNaN(Date.parse(value)),
  date: (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)),
  duration: (value) => value === '0' || DURATION.test(value),
  byte: (value) => value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value),
  uuid: (value) => /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(value),
  ipv4: (value) => isIP(value) === 4,
  ipv6: (value) => isIP(value) === 6,
  uri: (value) => URL.canParse(value),
};

const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63],
};

function ofNumber(schema: Structural, value: number, path: string): Cause[] {
  const { minimum, maximum, multipleOf, exclusiveMinimum, exclusiveMaximum, format } = schema;
  const range = format === undefined ? undefined : RANGES[format];
  const say = (rule: string) => [invalid(path, `${path} in body should be ${rule}`, value)];
  return [
    ...(range && (value < range[0] || value > range[1])
      ? [invalid(path, `Checked value must be of type integer with format ${format} in ${path}`, value)]
      : []),
    ...(minimum !== undefined && (value < minimum || (exclusiveMinimum && value === minimum))
      ? say(`greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`)
      : []),
    ...(maximum !== undefined && (value > maximum || (exclusiveMaximum && value === maximum))
      ? say(`less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`)
      : []),
    ...(multipleOf !== undefined && !Number.isInteger(value / multipleOf) ? say(`a multiple of ${multipleOf}`) : []),
  ];
}

function ofList(schema: Structural, value: Json[], path: string): Cause[] {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, uniqueItems } = schema;
  const causes: Cause[] = [];
  if (value.length > maxItems) causes.push(tooMany(path, value.length, maxItems));
  if (value.length < minItems)
    causes.push(invalid(path, `${path} in body should have at least ${minItems} items`, value.length));
  const keys = schema['x-kubernetes-list-map-keys'];
  const compared = keys === undefined ? value : value.map((item) => keyOf(keys, item));
  const repeated = compared.flatMap((one, index) =>
    compared.slice(0, index).some((other) => isDeepStrictEqual(one, other)) ? [[one, index] as const] : [],
  );
  if (schema['x-kubernetes-list-type'] === 'set' || keys !== undefined)
    causes.push(...repeated.map(([one, index]) => duplicate(`${path}[${index}]`, one)));
  else if (uniqueItems && repeated.length > 0)
    causes.push(invalid(path, `${path} in body shouldn't contain duplicates`));
  return causes;
}

function ofObject(schema: Structural, value: JsonObject, path: string): Cause[] {
  const { minProperties = 0, maxProperties = Number.POSITIVE_INFINITY } = schema;
  const size = Object.keys(value).length;
  return [
    ...(schema.required ?? [])
      .filter((key) => !Object.hasOwn(value, key))
      .map((key) => requiredField(under(path, key))),
    ...(size > maxProperties ? [tooMany(path, size, maxProperties)] : []),
    ...(size < minProperties
      ? [invalid(path, `${path} in body should have at least ${minProperties} properties`, size)]
      : []),
  ];
}

/** `allOf`, `anyOf`, `oneOf` and `not`. Their schemas say what is allowed; fields are named outside of them. */
function combined({ schema, value, path }: Place): Cause[] {
  const { allOf = [], anyOf, oneOf, not } = schema;
  const say = (rule: string) => [
    invalid(path, `${path} in body ${rule}`, typeof value === 'object' ? undefined : value),
  ];
  return [
    ...allOf.flatMap((one) => within(one, value, path)),
    ...(anyOf !== undefined && !anyOf.some((one) => fits(one, value, path))
      ? say('must validate at least one schema (anyOf)')
      : []),
    ...(oneOf !== undefined && oneOf.filter((one) => fits(one, value, path)).length !== 1
      ? say('must validate one and only one schema (oneOf)')
      : []),
    ...(not !== undefined && fits(not, value, path) ? say('must not validate the schema (not)') : []),
  ];
}

const within = (schema: Structural, value: Json, path: string): Cause[] =>
  [...places({ schema, value, path, old: undefined, unchanged: false })].flatMap(faults);

const fits = (schema: Structural, value: Json, path: string): boolean => within(schema, value, path).length === 0;
