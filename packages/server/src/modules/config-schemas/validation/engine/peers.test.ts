// engine: none
import { registerSchema, type SchemaObject, unregisterSchema, validate } from '@hyperjump/json-schema/draft-2020-12';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hardCases } from '../../../../../test/support/json-schema-cases.ts';
import type { Json } from './json.ts';
import type { Schema } from './places.ts';
import { prepare } from './prepare.ts';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const URI = 'https://example.com/peers';

/** Ajv makes code that fails to run for some schemas: then it has no verdict. */
function byAjvOf(schema: Schema) {
  const run = new Ajv2020({ strict: false, validateFormats: false, addUsedSchema: false }).compile(schema as object);
  return (content: Json): boolean | undefined => {
    try {
      return run(content);
    } catch {
      return undefined;
    }
  };
}

/** The verdict of each engine on each content. */
async function verdictsOf(schema: Schema, contents: readonly Json[]) {
  const prepared = prepare(schema);
  if ('mistakes' in prepared) throw new Error(`the schema is refused: ${JSON.stringify(prepared.mistakes)}`);
  const byAjv = byAjvOf(schema);
  registerSchema(schema as SchemaObject, URI, DIALECT);
  try {
    const byHyperjump = await validate(URI);
    return contents.map((content) => ({
      ours: prepared.validate(content).length === 0,
      peers: [byAjv(content), byHyperjump(content as never).valid],
    }));
  } finally {
    unregisterSchema(URI);
  }
}

const names = fc.constantFrom('a', 'b', 'c', 'd');
const scalar = fc.constantFrom<Json>(null, true, false, 0, 1, 2, 2.5, -1, '', 'a', 'bb', 'ccc');
const content = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(names, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

const small = fc.integer({ min: 0, max: 3 });
const type = fc.constantFrom('array', 'boolean', 'integer', 'null', 'number', 'object', 'string');

const schemas = fc.letrec<{ schema: Schema }>((tie) => {
  const schema = tie('schema');
  const several = fc.array(schema, { minLength: 1, maxLength: 3 });
  const byName = fc.dictionary(names, schema, { maxKeys: 3, noNullPrototype: true });
  const keywords: Record<string, fc.Arbitrary<unknown>> = {
    type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })),
    enum: fc.uniqueArray(content, { minLength: 1, maxLength: 3, comparator: 'SameValue', selector: JSON.stringify }),
    const: content,
    maximum: small,
    minimum: small,
    exclusiveMaximum: small,
    exclusiveMinimum: small,
    multipleOf: fc.constantFrom(1, 2, 0.5),
    maxLength: small,
    minLength: small,
    pattern: fc.constantFrom('^a', 'b$', 'c+'),
    maxItems: small,
    minItems: small,
    uniqueItems: fc.boolean(),
    prefixItems: several,
    items: schema,
    contains: schema,
    minContains: small,
    maxContains: small,
    maxProperties: small,
    minProperties: small,
    required: fc.uniqueArray(names, { maxLength: 2 }),
    dependentRequired: fc.dictionary(names, fc.uniqueArray(names, { maxLength: 2 }), {
      maxKeys: 2,
      noNullPrototype: true,
    }),
    properties: byName,
    patternProperties: fc.dictionary(fc.constantFrom('^a', 'b'), schema, { maxKeys: 2, noNullPrototype: true }),
    additionalProperties: schema,
    propertyNames: schema,
    allOf: several,
    anyOf: several,
    oneOf: several,
    not: schema,
    if: schema,
    // biome-ignore lint/suspicious/noThenProperty: it is a keyword
    then: schema,
    else: schema,
    dependentSchemas: byName,
    unevaluatedProperties: schema,
    unevaluatedItems: schema,
    $ref: fc.constantFrom('#/$defs/x', '#/$defs/y'),
  };
  const keyword = fc.oneof(
    ...Object.entries(keywords).map(([name, value]) => value.map((some) => [name, some] as const)),
  );
  return {
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.boolean(),
      fc.array(keyword, { minLength: 1, maxLength: 4 }).map((entries) => Object.fromEntries(entries) as Schema),
    ),
  };
}).schema;

const flat = fc.constantFrom<Schema>({ type: 'number' }, { properties: { a: true } }, { prefixItems: [true] }, false);
const rooted = fc.tuple(schemas, flat, flat).map(([schema, x, y]) => ({ allOf: [schema], $defs: { x, y } }) as Schema);

// proves B32
test('where ajv and hyperjump agree on schemas and contents by chance, this engine agrees', async () => {
  const agreements = { valid: 0, invalid: 0 };
  const property = fc.asyncProperty(
    rooted,
    fc.array(content, { minLength: 5, maxLength: 10 }),
    async (schema, contents) => {
      for (const [index, { ours, peers }] of (await verdictsOf(schema, contents)).entries()) {
        if (peers[0] !== peers[1]) continue;
        agreements[ours ? 'valid' : 'invalid'] += 1;
        expect({ content: contents[index], valid: ours }).toEqual({ content: contents[index], valid: peers[0] });
      }
    },
  );
  await fc.assert(property, { numRuns: 400 });
  expect(Math.min(agreements.valid, agreements.invalid)).toBeGreaterThan(200);
});

test.each(hardCases)('this engine and both peers know: %s', async (_, schema, content, valid) => {
  expect(await verdictsOf(schema, [content])).toEqual([{ ours: valid, peers: [valid, valid] }]);
});

test.each<[schema: Schema, content: Json, valid: boolean]>([
  [{ multipleOf: 0.01 }, 0.07, true],
  [{ multipleOf: 0.01 }, 0.075, false],
  [{ multipleOf: 1e-7 }, 12_345_678, true],
  [{ multipleOf: 3 }, 1e300, false],
  [{ multipleOf: 10 }, 1e300, true],
  [{ dependencies: { a: ['b'] } }, { a: 1 }, true],
  [{ const: { constructor: { a: 1 } } }, { constructor: { a: 1 } }, true],
])('what peers disagree on is decided as the draft says: %j of %j', (schema, content, valid) => {
  const prepared = prepare(schema);
  expect('validate' in prepared && prepared.validate(content).length === 0).toBe(valid);
});
