/** Cases of JSON Schema that the test suite does not have, and on which libraries differ. */
import type { Json } from '../../src/modules/config-schemas/validation/engine/json.ts';
import type { Schema } from '../../src/modules/config-schemas/validation/engine/places.ts';

export const hardCases: readonly (readonly [name: string, schema: Schema, content: Json, valid: boolean])[] = [
  ['a limit of 0', { maximum: 0 }, 5, false],
  ['the order of names in enum', { enum: [{ a: 1, b: 2 }] }, { b: 2, a: 1 }, true],
  ['a name that databases like', { additionalProperties: false }, { _id: 1 }, false],
  ['a name that objects inherit', { properties: { a: true }, additionalProperties: false }, { toString: 1 }, false],
  [
    'an inherited name beside patterns',
    { patternProperties: { x: {} }, additionalProperties: false },
    { valueOf: 1 },
    false,
  ],
  ['contains that takes all', { contains: true, maxContains: 1 }, [1, 2], false],
  ['contains of none', { contains: false, minContains: 0 }, [1], true],
  ['two zeros', { const: 0 }, -0, true],
  ['what not has seen', { not: { not: { properties: { a: true } } }, unevaluatedProperties: false }, { a: 1 }, false],
  [
    'what a schema has seen that does not match',
    { anyOf: [{ properties: { a: { type: 'string' } }, required: ['a'] }, true], unevaluatedProperties: false },
    { a: 1 },
    false,
  ],
  ['a name with a slash', { properties: { 'a/b~c%': { type: 'string' } } }, { 'a/b~c%': 1 }, false],
  ['a character of two units', { maxLength: 1 }, '😀', true],
];
