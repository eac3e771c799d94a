// engine: none
/** Every operation refuses input in our words, each after the name of its field. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { listOperations } from '../src/http/operations.ts';
import { inputMistakes } from '../src/kernel/errors/input-texts.ts';

const LONG = 'x'.repeat(100_000);
const odd: readonly unknown[] = [
  undefined,
  null,
  true,
  -1,
  0.5,
  2 ** 60,
  '',
  'Ünsinn !',
  LONG,
  [],
  [5],
  [''],
  [LONG],
  Array.from({ length: 5_000 }, () => 'a'),
  {},
  { a: { b: LONG } },
  { xml: 5 },
];

const operations = listOperations().map(({ route, input }) => ({ name: route.operation, input }));

test.each(operations)('$name names each mistake in our words', ({ input }) => {
  const given = [
    ...Object.keys(input.shape).flatMap((field) => odd.map((value) => ({ [field]: value }))),
    null,
    [],
    'x',
  ];
  for (const each of given) {
    const { error } = input.safeParse(each);
    for (const { pointer, message } of inputMistakes(error ?? new z.ZodError([]), each)) {
      // As in "/slug is missing": lower case, no full stop, and no word of the validator's.
      expect(`${pointer} ${message}`).toMatch(/^(\/\S+)* (is|are|must|has|looks) /);
      expect(message).not.toMatch(/invalid|too (small|big)|expected|received|>=|<=|unrecognized|\.$/i);
    }
  }
});
