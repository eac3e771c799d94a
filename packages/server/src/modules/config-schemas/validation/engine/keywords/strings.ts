/** Keywords for strings. Their length counts code points. */
import { fail } from '../apply.ts';
import type { Keyword, Keywords } from '../keyword.ts';
import { readPattern } from '../walk.ts';

const PATTERN_SHOWN_MAX = 200;

function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

const maxLength: Keyword<number> = (limit) => (value, here) =>
  typeof value !== 'string' ||
  value.length <= limit ||
  lengthOf(value) <= limit ||
  fail(here, `must have at most ${limit} characters`);

const minLength: Keyword<number> = (limit) => (value, here) =>
  typeof value !== 'string' ||
  (value.length >= limit && lengthOf(value) >= limit) ||
  fail(here, `must have at least ${limit} characters`);

const pattern: Keyword<string> = (text) => {
  const expression = readPattern(text);
  if (expression === undefined) return undefined;
  const message = `must match the pattern${text.length > PATTERN_SHOWN_MAX ? '' : ` ${text}`}`;
  return (value, here) => typeof value !== 'string' || expression.test(value) || fail(here, message);
};

export const stringKeywords = { maxLength, minLength, pattern } as Keywords;
