// engine: none
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

const ODD_TEXTS = [
  '',
  '"',
  '\\',
  '\u0000',
  '\u001f',
  '\u007f',
  '\u2028',
  '€',
  'é',
  'e\u0301',
  '\ud83d\ude00',
  '\ufffd',
  '\uffff',
];
const ODD_KEYS = [
  ...ODD_TEXTS,
  '10',
  '9',
  '1',
  '-1',
  '__proto__',
  'constructor',
  'toString',
  '\ue000',
  '\ufb33',
  '\u{10000}',
];
const ODD_NUMBERS = [
  -0,
  0,
  1e21,
  1e20,
  1e-6,
  1e-7,
  123456789012345680000,
  2 ** 53 + 2,
  5e-324,
  1.7976931348623157e308,
  0.1,
];

const text = fc.oneof(fc.constantFrom(...ODD_TEXTS), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
const key = fc.oneof(fc.constantFrom(...ODD_KEYS), text);
const number = fc.oneof(fc.constantFrom(...ODD_NUMBERS), fc.double({ noNaN: true, noDefaultInfinity: true }));

const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    number,
    text,
    fc.array(tie('json'), { maxLength: 6 }),
    // As values come from the database: also with a member of the name __proto__.
    fc.array(fc.tuple(key, tie('json')), { maxLength: 8 }).map(parsedObject),
  ),
}));

function parsedObject(members: readonly [string, unknown][]): unknown {
  return JSON.parse(`{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`);
}

test('it is what canonicalize gives', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(canonicalJson(value)).toBe(canonicalize(value));
    }),
    { numRuns: 2_000 },
  );
});

test('the example of the RFC', () => {
  // RFC 8785, section 3.2.3: the order is that of UTF-16 code units.
  const value = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\ud83d\ude00': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  };
  expect(Object.values(JSON.parse(canonicalJson(value)))).toHaveLength(7);
  expect(canonicalJson(value)).toBe(
    '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
  );
  expect(canonicalJson([-0, 1e21, 1e-7, 333333333.3333333, 1e30, 4.5, 2e-3, {}, [], [{}]])).toBe(
    '[0,1e+21,1e-7,333333333.3333333,1e+30,4.5,0.002,{},[],[{}]]',
  );
});

test.each(['{"b":1,"a":', '['])('the deepest nesting of %s has its form', (opening) => {
  const closing = opening === '[' ? ']' : '}';
  for (const depth of [62, 63, 64, 65, 66, 20_000]) {
    const value: unknown = JSON.parse(`${opening.repeat(depth)}{}${closing.repeat(depth)}`);
    expect(canonicalJson(value) === canonicalize(value)).toBe(true);
  }
});

test('what JSON cannot carry is refused, wherever it stands', () => {
  for (const value of [
    '\ud83d',
    'a\udc00b',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    undefined,
    1n,
    Symbol('x'),
    () => 1,
  ]) {
    expect(() => canonicalJson(value)).toThrow(TypeError);
    expect(() => canonicalJson({ a: [value] })).toThrow(TypeError);
  }
  expect(() => canonicalJson({ '\ud83d': 1 })).toThrow(TypeError);
});
