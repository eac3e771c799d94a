/** Keywords for numbers. */
import { fail } from '../apply.ts';
import { isMultiple } from '../decimal.ts';
import type { Keyword, Keywords } from '../keyword.ts';

function bound(holds: (value: number, limit: number) => boolean, words: string): Keyword<number> {
  return (limit) => (value, here) =>
    typeof value !== 'number' || holds(value, limit) || fail(here, `must be ${words} ${limit}`);
}

export const numberKeywords = {
  maximum: bound((value, limit) => value <= limit, 'at most'),
  exclusiveMaximum: bound((value, limit) => value < limit, 'less than'),
  minimum: bound((value, limit) => value >= limit, 'at least'),
  exclusiveMinimum: bound((value, limit) => value > limit, 'more than'),
  multipleOf: bound(isMultiple, 'a multiple of'),
} as Keywords;
