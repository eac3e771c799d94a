/** The texts for input that a schema refuses: each follows the name of the field, as in "/slug is missing". */
import { z } from 'zod';
import type { InputMistake } from '../errors.ts';

type Issue = z.core.$ZodRawIssue;

const MISTAKES_MAX = 20;

/** Returns the text of an issue. It is an error map of zod too: `schema.safeParse(value, { error: inputText })`. */
export function inputText(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return sizeText(
        issue.origin,
        issue.exact ? 'exactly' : issue.inclusive ? 'at least' : 'more than',
        issue.minimum,
      );
    case 'too_big':
      return sizeText(issue.origin, issue.exact ? 'exactly' : issue.inclusive ? 'at most' : 'less than', issue.maximum);
    case 'invalid_format':
      if (issue.format === 'regex') return `must match the pattern ${issue.pattern}`;
      return `must be ${FORMATS[issue.format] ?? `a valid ${issue.format}`}`;
    case 'invalid_value':
      if (issue.input === undefined) return 'is missing';
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
    case 'unrecognized_keys':
      return 'is not a known field';
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    default:
      return issue.input === undefined ? 'is missing' : 'is not allowed here';
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  null: 'null',
};

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'a time such as 2026-01-15T09:30:00Z',
  date: 'a date such as 2026-01-15',
  guid: 'a UUID',
  uuid: 'a UUID',
  url: 'a URL',
  email: 'an e-mail address',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
};

const UNITS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
  set: ['entry', 'entries'],
};

function sizeText(origin: string, bound: string, size: number | bigint): string {
  const [one, many] = UNITS[origin] ?? [];
  if (one === undefined) return `must be ${bound} ${size}`;
  if (bound === 'at least' && size === 1) return 'must not be empty';
  return `must have ${bound} ${size} ${size === 1 ? one : many}`;
}

const english = z.locales.en().localeError;

/**
 * Returns what is wrong with the input, an unknown field at its own place. A schema's own text stays; zod's is replaced.
 * At most `countMax` mistakes are told.
 */
export function inputMistakes({ issues }: z.ZodError, input: unknown, countMax = MISTAKES_MAX): InputMistake[] {
  const mistakes = issues.flatMap((issue) => {
    const text = textOf({ ...issue, input: valueAt(input, issue.path) } as Issue, issue.message); // as it was when refused
    const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map((path) => ({ pointer: pointerOf(path), message: text }));
  });
  return mistakes.slice(0, countMax);
}

/** A schema's own text says what form a value must have; of a value that is not there, that it is missing. */
function textOf(issue: Issue, given: string): string {
  const isMissing = issue.code === 'invalid_type' && issue.input === undefined;
  const zods = english(issue);
  return isMissing || given === (typeof zods === 'object' ? zods?.message : zods) ? inputText(issue) : given;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, step) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    return Reflect.get(value, step);
  }, input);
}

function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
