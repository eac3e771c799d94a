/** Keywords for values of any type. */
import { fail } from '../apply.ts';
import { canonical, isList, isObject, type Json } from '../json.ts';
import type { Keyword, Keywords } from '../keyword.ts';

const types: Readonly<Record<string, { readonly is: (value: Json) => boolean; readonly name: string }>> = {
  array: { is: isList, name: 'an array' },
  boolean: { is: (value) => typeof value === 'boolean', name: 'a boolean' },
  integer: { is: Number.isInteger, name: 'an integer' },
  null: { is: (value) => value === null, name: 'null' },
  number: { is: (value) => typeof value === 'number', name: 'a number' },
  object: { is: isObject, name: 'an object' },
  string: { is: (value) => typeof value === 'string', name: 'a string' },
};

const type: Keyword<string | readonly string[]> = (names) => {
  const allowed = [names].flat().flatMap((name) => types[name] ?? []);
  const message = `must be ${allowed.map(({ name }) => name).join(' or ')}`;
  return (value, here) => allowed.some(({ is }) => is(value)) || fail(here, message);
};

const enumeration: Keyword<readonly Json[]> = (values) => {
  const allowed = new Set(values.map(canonical));
  return (value, here) => allowed.has(canonical(value)) || fail(here, 'must be one of the allowed values');
};

const constant: Keyword<Json> = (wanted) => {
  const text = canonical(wanted);
  return (value, here) => canonical(value) === text || fail(here, 'must be the one value that is allowed');
};

export const valueKeywords = { type, enum: enumeration, const: constant } as Keywords;
