// engine: none
import { expect, onTestFinished, test } from 'vitest';
import { DomainError } from '../../../kernel/errors.ts';
import type { Mistake } from '../port.ts';
import { createJsonSchemas } from './json-schemas.ts';

function newSchemas(waitMaxMs = 5_000) {
  const state = { now: new Date('2026-01-01T00:00:00Z') };
  const schemas = createJsonSchemas({ clock: () => state.now, waitMaxMs });
  onTestFinished(() => schemas.close());
  return { schemas, state };
}

/** The refusal as a caller sees it: its code, and the places of its errors. */
async function refusal(work: Promise<unknown>): Promise<{ code: string; pointers: string[] }> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DomainError)) throw new Error('there was no refusal', { cause: error });
  return { code: error.definition.code, pointers: (error.extras.errors ?? []).map(({ pointer }) => pointer) };
}

const tooCostly = { code: 'validation_too_costly', pointers: [] };
const usable = '{"type":"object","properties":{"port":{"type":"integer","maximum":65535}},"required":["port"]}';

/** A schema with two references to the next one, 26 times: 2^26 applications. */
const doubled = JSON.stringify({
  $ref: '#/$defs/a0',
  $defs: Object.fromEntries(
    Array.from({ length: 27 }, (_, index) => {
      const next = { $ref: `#/$defs/a${index + 1}` };
      return [`a${index}`, index === 26 ? { type: 'object' } : { allOf: [next, next] }];
    }),
  ),
});

/** Every engine must do this after whatever it had to refuse. */
async function expectToAnswer({ schemas }: ReturnType<typeof newSchemas>) {
  await schemas.check('other', usable);
  expect(await schemas.validate('other', { schema: usable, content: { port: 80 } })).toEqual([]);
  expect(await schemas.validate('other', { schema: usable, content: { port: 70_000 } })).toEqual([
    { pointer: '/port', message: 'must be at most 65535' },
  ]);
}

// proves B32
test('a content is valid or has its mistakes with their places', async () => {
  const engine = newSchemas();
  await expectToAnswer(engine);
  const mistakes = await engine.schemas.validate('one', { schema: usable, content: {} });
  expect(mistakes).toEqual([{ pointer: '/port', message: 'is required' }]);
});

test('boolean schemas are schemas', async () => {
  const { schemas } = newSchemas();
  await schemas.check('one', 'true');
  await schemas.check('one', 'false');
  expect(await schemas.validate('one', { schema: 'true', content: null })).toEqual([]);
  expect(await schemas.validate('one', { schema: 'false', content: null })).toEqual([
    { pointer: '', message: 'is not allowed' },
  ]);
});

test('twenty mistakes are told and no further one', async () => {
  const { schemas } = newSchemas();
  const content = Array.from({ length: 1_000 }, () => 'text');
  const mistakes = await schemas.validate('one', { schema: '{"items":{"type":"number"}}', content });
  expect(mistakes.map(({ pointer }) => pointer)).toEqual(Array.from({ length: 20 }, (_, index) => `/${index}`));
});

test.each<[name: string, schema: string, pointers: string[]]>([
  ['no JSON', '{"type":', ['/content']],
  ['neither an object nor a boolean', '"text"', ['/content']],
  ['a type that there is not', '{"properties":{"a":{"type":"text"}}}', ['/content/properties/a/type']],
  ['a keyword of another shape', '{"allOf":[]}', ['/content/allOf']],
  ['a pattern that is none', '{"properties":{"a/b":{"pattern":"("}}}', ['/content/properties/a~1b/pattern']],
  ['a pattern of properties', '{"patternProperties":{"[":true}}', ['/content/patternProperties/[']],
  ['another draft', '{"$schema":"http://json-schema.org/draft-07/schema#"}', ['/content/$schema']],
  [
    'another draft inside',
    '{"$defs":{"a":{"$id":"a","$schema":"https://example.com/x"}}}',
    ['/content/$defs/a/$schema'],
  ],
  ['a remote $ref', '{"items":{"$ref":"https://example.com/schema"}}', ['/content/items/$ref']],
  ['a $ref to the meta-schema', '{"$ref":"https://json-schema.org/draft/2020-12/schema"}', ['/content/$ref']],
  ['a $ref to a file', '{"$ref":"file:///etc/passwd"}', ['/content/$ref']],
  ['a remote $dynamicRef', '{"not":{"$dynamicRef":"https://example.com/schema#a"}}', ['/content/not/$dynamicRef']],
  ['a $ref to no schema', '{"$ref":"#/$defs/a","$defs":{}}', ['/content/$ref']],
  ['a $ref into a value', '{"$ref":"#/const","const":{}}', ['/content/$ref']],
  ['a $ref to no anchor', '{"$ref":"#constructor"}', ['/content/$ref']],
  ['a $ref to itself', '{"$ref":"#"}', ['/content/$ref']],
  [
    'a circle of references',
    '{"$defs":{"a":{"allOf":[{"$ref":"#/$defs/b"}]},"b":{"anyOf":[{"$ref":"#/$defs/a"}]}}}',
    ['/content/$defs/b/anyOf/0/$ref'],
  ],
  ['one URI for two schemas', '{"$defs":{"a":{"$id":"x"},"b":{"$id":"x"}}}', ['/content/$defs/b/$id']],
  ['one anchor for two places', '{"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}}', ['/content/$defs/b/$anchor']],
  ['an $id that is no URI', '{"$id":"http://["}', ['/content/$id']],
])('a schema is refused with the place of its mistake: %s', async (_, schema, pointers) => {
  const engine = newSchemas();
  expect(await refusal(engine.schemas.check('one', schema))).toEqual({ code: 'schema_invalid', pointers });
  await expectToAnswer(engine);
});

test('references inside the document are followed, those between schemas with URIs of their own too', async () => {
  const { schemas } = newSchemas();
  const schema = JSON.stringify({
    $id: 'https://example.com/tree',
    type: 'object',
    properties: { children: { type: 'array', items: { $ref: '#' } }, size: { $ref: 'size' } },
    $defs: { size: { $id: 'size', $ref: '#whole', $defs: { whole: { $anchor: 'whole', type: 'integer' } } } },
  });
  await schemas.check('one', schema);
  const content = { children: [{ children: [{ size: 'large' }] }] };
  expect(await schemas.validate('one', { schema, content })).toEqual([
    { pointer: '/children/0/children/0/size', message: 'must be an integer' },
  ]);
});

test('format describes and refuses nothing, and keywords of other drafts or libraries mean nothing', async () => {
  const { schemas } = newSchemas();
  const schema = JSON.stringify({
    properties: { mail: { format: 'email' }, name: { pattern: '^a', regexFlags: 'i' } },
    dependencies: { mail: ['phone'] },
    errorMessages: { 'type-error': 5 },
    $vocabulary: { 'https://example.com/vocabulary': true },
  });
  await schemas.check('one', schema);
  expect(await schemas.validate('one', { schema, content: { mail: 'none', name: 'A' } })).toEqual([
    { pointer: '/name', message: 'must match the pattern ^a' },
  ]);
});

test.each<[name: string, schema: string, content: unknown]>([
  ['a pattern that explodes', '{"pattern":"^(a+)+$"}', `${'a'.repeat(60)}b`],
  ['a pattern of properties that explodes', '{"patternProperties":{"^(a+)+$":true}}', { [`${'a'.repeat(60)}b`]: 1 }],
  ['26 doubled references', doubled, {}],
  [
    'a content nested deeper than the stack',
    '{"items":{"$ref":"#"}}',
    JSON.parse('['.repeat(3_000) + ']'.repeat(3_000)),
  ],
])('what costs too much ends with its own refusal, and others are answered: %s', async (_, schema, content) => {
  const engine = newSchemas();
  await engine.schemas.check('one', schema);
  expect(await refusal(engine.schemas.validate('one', { schema, content }))).toEqual(tooCostly);
  await expectToAnswer(engine);
});

test('a text of 131,072 brackets is refused as a schema and as a content', async () => {
  const engine = newSchemas();
  const brackets = '['.repeat(65_536) + ']'.repeat(65_536);
  expect((await refusal(engine.schemas.check('one', brackets))).code).toBe('schema_invalid');
  const content = JSON.parse(brackets);
  expect(await refusal(engine.schemas.validate('one', { schema: 'true', content }))).toEqual(tooCostly);
  await expectToAnswer(engine);
});

test('64 KiB of nested allOf are refused as nested too deeply, and 64 KiB beside each other are answered', async () => {
  const engine = newSchemas();
  const nested = `${'{"allOf":['.repeat(5_400)}true${']}'.repeat(5_400)}`;
  expect(await refusal(engine.schemas.check('one', nested))).toEqual({
    code: 'schema_invalid',
    pointers: ['/content'],
  });
  const beside = JSON.stringify({ allOf: Array.from({ length: 3_500 }, () => ({ minLength: 1 })) });
  await engine.schemas.check('one', beside);
  expect(await engine.schemas.validate('one', { schema: beside, content: 'a' })).toEqual([]);
  await expectToAnswer(engine);
});

test('uniqueItems over 10,000 objects has its verdict', async () => {
  const engine = newSchemas();
  const content = Array.from({ length: 10_000 }, (_, index) => ({ id: index, a: 1 }));
  const schema = '{"uniqueItems":true}';
  expect(await engine.schemas.validate('one', { schema, content })).toEqual([]);
  const repeated = [...content, { a: 1, id: 0 }];
  expect(await engine.schemas.validate('one', { schema, content: repeated })).toEqual([
    { pointer: '/10000', message: 'must not repeat an item before it' },
  ]);
  await expectToAnswer(engine);
});

test('names that objects inherit are names like any other, in schemas and in contents', async () => {
  const engine = newSchemas();
  const verdict = (schema: string, content: string) =>
    engine.schemas.validate('one', { schema, content: JSON.parse(content) });
  const number = 'must be a number';
  const typed =
    '{"properties":{"__proto__":{"type":"number"},"constructor":{"type":"number"}},"additionalProperties":false}';
  await engine.schemas.check('one', typed);
  expect(await verdict(typed, '{"__proto__":1,"constructor":1}')).toEqual([]);
  expect(await verdict(typed, '{"__proto__":"a","constructor":"a"}')).toEqual([
    { pointer: '/__proto__', message: number },
    { pointer: '/constructor', message: number },
  ]);
  expect(await verdict(typed, '{"toString":1}')).toEqual([{ pointer: '/toString', message: 'is not allowed' }]);
  expect(await verdict('{"properties":{"a":true}}', '{"toString":1,"validators":{}}')).toEqual([]);
  expect(await verdict('{"required":["__proto__","valueOf"]}', '{}')).toHaveLength(2);
  expect(await verdict('{"enum":[{"__proto__":1}]}', '{"__proto__":1}')).toEqual([]);
  expect(await verdict('{"enum":[{"__proto__":1}]}', '{}')).toHaveLength(1);
  expect(await verdict('{"uniqueItems":true}', '[{"valueOf":1},{"valueOf":2}]')).toEqual([]);
  await expectToAnswer(engine);
});

test('a tenant with three too costly ones within a minute waits until it is over, and its neighbours do not', async () => {
  const engine = newSchemas();
  const { schemas, state } = engine;
  const explode = () => schemas.validate('one', { schema: '{"pattern":"^(a+)+$"}', content: `${'a'.repeat(60)}b` });
  for (let times = 0; times < 3; times += 1) expect(await refusal(explode())).toEqual(tooCostly);
  const error = await explode().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ definition: { code: 'rate_limited' }, extras: { retryAfter: 60 } });
  expect((await refusal(schemas.check('one', 'true'))).code).toBe('rate_limited');
  await expectToAnswer(engine);
  state.now = new Date(state.now.getTime() + 60_000);
  await schemas.check('one', 'true');
});

test('comparisons that are too costly are counted apart: three within a minute make patches coarse, and no check waits', async () => {
  const { schemas, state } = newSchemas();
  // Each list is compared with each, and one that is long item by item.
  const lists = (seed: number) =>
    Array.from({ length: 70 }, (_, list) => Array.from({ length: 500 }, (_, item) => seed + list * 500 + item));
  const patch = () => schemas.diff('one', { a: 1 }, { a: 2 });
  const fine = [{ op: 'replace', path: '/a', value: 2 }];
  for (let times = 0; times < 3; times += 1) {
    expect(await patch()).toEqual(fine);
    const to = lists(1_000_000);
    expect(await schemas.diff('one', { lists: lists(0) }, { lists: to })).toEqual([
      { op: 'replace', path: '', value: { lists: to } },
    ]);
  }
  expect(await patch()).toEqual([{ op: 'replace', path: '', value: { a: 2 } }]);
  expect(await schemas.diff('other', { a: 1 }, { a: 2 })).toEqual(fine);
  expect(await schemas.validate('one', { schema: usable, content: { port: 80 } })).toEqual([]);
  state.now = new Date(state.now.getTime() + 60_000);
  expect(await patch()).toEqual(fine);
});

test('a tenant whose work piles up is refused alone, and gets one thread while a neighbour gets the other', async () => {
  const engine = newSchemas();
  const asked = { schema: '{"pattern":"^(a+)+$"}', content: `${'a'.repeat(60)}b` };
  const piled = Promise.all(Array.from({ length: 120 }, () => refusal(engine.schemas.validate('one', asked))));
  expect(engine.schemas.gate.load().running).toBe(1);
  await expectToAnswer(engine);
  const codes = (await piled).map(({ code }) => code);
  // One runs and a hundred wait; of those three are tried, and the others find the minute closed.
  expect(codes.filter((code) => code === 'tenant_busy')).toHaveLength(19);
  expect(codes.filter((code) => code === 'validation_too_costly')).toHaveLength(3);
  expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(98);
});

async function collected(verdicts: AsyncIterable<readonly (readonly Mistake[])[]>) {
  const lists: (readonly (readonly Mistake[])[])[] = [];
  for await (const list of verdicts) lists.push(list);
  return lists;
}

test('one schema is tried on 10,000 contents, with the verdicts in their order and one list for each list', async () => {
  const { schemas } = newSchemas();
  const lists = Array.from({ length: 20 }, (_, list) =>
    Array.from({ length: 500 }, (_, index) => ({ port: index === list ? 'none' : index })),
  );
  const verdicts = await collected(schemas.validateEach('one', { schema: usable, contents: lists }));
  expect(verdicts.map(({ length }) => length)).toEqual(lists.map(({ length }) => length));
  const invalid = verdicts.map((list) => list.flatMap((mistakes, index) => (mistakes.length > 0 ? [index] : [])));
  expect(invalid).toEqual(lists.map((_, list) => [list]));
});

test('contents that come as they are read are tried too, and large ones in batches of their own', async () => {
  const { schemas } = newSchemas();
  async function* contents() {
    yield [];
    yield Array.from({ length: 30 }, (_, index) => ({ port: index, text: 'x'.repeat(200_000) }));
    yield [{}];
  }
  const verdicts = await collected(schemas.validateEach('one', { schema: usable, contents: contents() }));
  expect(verdicts).toEqual([
    [],
    Array.from({ length: 30 }, () => []),
    [[{ pointer: '/port', message: 'is required' }]],
  ]);
});

test('a neighbour is answered between the batches of a long trial', async () => {
  const engine = newSchemas();
  const { schemas } = engine;
  let others = 0;
  const lists = Array.from({ length: 10 }, () => Array.from({ length: 200 }, (_, port) => ({ port })));
  const trials = ['one', 'two', 'three'].map(async (tenant) => {
    for await (const _ of schemas.validateEach(tenant, { schema: usable, contents: lists })) {
      await schemas.check('other', usable);
      others += 1;
    }
  });
  await Promise.all(trials);
  expect(others).toBe(30);
});

test('one content that costs too much ends a trial', async () => {
  const engine = newSchemas();
  const contents = [['a', `${'a'.repeat(60)}b`, 'a']];
  const trial = collected(engine.schemas.validateEach('one', { schema: '{"pattern":"^(a+)+$"}', contents }));
  expect(await refusal(trial)).toEqual(tooCostly);
  await expectToAnswer(engine);
});

test('a turn or an answer that does not come in time is refused as overload, which no tenant is blamed for', async () => {
  const { schemas } = newSchemas(1);
  for (let times = 0; times < 2; times += 1) {
    const asked = [1, 2].map(() => refusal(schemas.validate('one', { schema: doubled, content: {} })));
    expect((await Promise.all(asked)).map(({ code }) => code)).toEqual(['overloaded', 'overloaded']);
  }
});

test.each([
  ['empty schemas', () => Array.from({ length: 21_500 }, () => ({}))],
  ['schemas in one another', () => Array.from({ length: 5_900 }, () => ({ not: {} }))],
  ['patterns', () => Array.from({ length: 3_000 }, (_, index) => ({ pattern: `a${index}` }))],
])(
  'schemas of 64 KiB are compiled within the bounds, and twenty of them do not exhaust a thread: %s',
  async (_, list) => {
    const engine = newSchemas();
    for (let each = 0; each < 20; each += 1) {
      const schema = JSON.stringify({ title: `${each}`, oneOf: list() });
      expect(schema.length).toBeLessThan(65_536);
      expect(await engine.schemas.validate('one', { schema, content: 1 })).toHaveLength(1);
    }
    await expectToAnswer(engine);
  },
);

test('the threads start anew after they were closed', async () => {
  const engine = newSchemas();
  await expectToAnswer(engine);
  engine.schemas.close();
  await expectToAnswer(engine);
});
