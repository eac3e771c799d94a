// engine: none
/** The document: complete, true, and kept. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import formatsPlugin from 'ajv-formats';
import { expect, test } from 'vitest';
import { isJson, type Json, member } from '../src/http/openapi/json.ts';
import { openapiDocument } from '../src/http/openapi.ts';
import { listOperations } from '../src/http/operations.ts';
import { exportFormats } from '../src/modules/audit/formats.ts';
import { auditEvent, exportExamples } from '../src/modules/audit/schema.ts';
import { breakingChanges } from '../src/openapi-cli/breaking-changes.ts';
import { resolve } from '../src/openapi-cli/schema-changes.ts';
import { mayBreak } from '../src/openapi-cli/versions.ts';

const document: Json = JSON.parse(JSON.stringify(openapiDocument()));
const ajv = new Ajv2020({ strict: false, allErrors: true });
formatsPlugin.default(ajv);
ajv.addSchema({ ...document, $id: 'openapi' });

const operations = listOperations().map((operation) => {
  const { method, path } = operation.route;
  const described = member(member(member(document, 'paths'), path), method.toLowerCase());
  return { ...operation, name: `${method} ${path}`, described };
});

const at = (...steps: readonly (string | number)[]) =>
  `openapi#/${steps.map((step) => encodeURIComponent(String(step).replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

/** Every part of the document that is a schema with examples or a media type with examples, by its place. */
function* exampleHolders(value: unknown, place: readonly (string | number)[] = []): Generator<[string, Json]> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* exampleHolders(item, [...place, index]);
  } else if (isJson(value)) {
    if (place.at(-1) !== 'properties' && value['examples'] !== undefined) yield [at(...place), value];
    for (const [name, item] of Object.entries(value))
      if (name !== 'examples') yield* exampleHolders(item, [...place, name]);
  }
}

const holders = [...exampleHolders(document)];

function mistakes(pointer: string, value: unknown): string {
  const validate = ajv.compile({ $ref: pointer });
  return validate(value) ? '' : `${pointer}: ${JSON.stringify(value)} ${ajv.errorsText(validate.errors)}`;
}

// proves A54
test('every example is one that its schema accepts', () => {
  const wrong = holders.flatMap(([pointer, { examples, schema }]) =>
    Array.isArray(examples)
      ? examples.map((value) => mistakes(pointer, value))
      : Object.values(isJson(examples) ? examples : {}).map((example) =>
          isJson(schema)
            ? mistakes(`${pointer}/schema`, member({ example }, 'example')['value'])
            : `${pointer} has no schema`,
        ),
  );
  expect(wrong.filter((each) => each !== '')).toEqual([]);
  expect(wrong.length).toBeGreaterThan(200);
});

test.each(operations)(
  '$name has a description, a permission and an example of each answer and of its body',
  ({ described, hasBody, permission, route }) => {
    expect(described).toMatchObject({ operationId: route.operation });
    expect(described['x-permission'] ?? null).toBe(permission);
    for (const words of ['summary', 'description']) expect(described[words], words).toMatch(/\w{3}/);
    for (const each of (described['parameters'] ?? []) as Json[]) {
      expect(resolve(each, document)['description'], String(each['name'])).toMatch(/\w{3}/);
    }
    const contents = [
      ...(hasBody ? [member(described, 'requestBody')] : []),
      ...Object.values(member(described, 'responses')).map((each) => resolve(isJson(each) ? each : {}, document)),
    ].flatMap((each) => Object.values(member(each, 'content')));
    for (const content of contents) expect(Object.keys(member(content, 'examples')).length).toBeGreaterThan(0);
  },
);

test('operations have ids of their own, and tags and schemas say what they are', () => {
  const ids = operations.map(({ route }) => route.operation);
  expect(new Set(ids).size).toBe(ids.length);
  for (const tag of document['tags'] as Json[]) expect(tag['description'], String(tag['name'])).not.toBe(tag['name']);
  const silent = Object.entries(member(member(document, 'components'), 'schemas')).flatMap(([name, schema]) => [
    ...(isJson(schema) && schema['description'] === undefined ? [name] : []),
    ...Object.entries(member(schema, 'properties'))
      .filter(([, property]) => resolve(isJson(property) ? property : {}, document)['description'] === undefined)
      .map(([field]) => `${name}.${field}`),
  ]);
  expect(silent).toEqual([]);
});

test.each(operations.filter(({ hasBody }) => hasBody))(
  'the example of the body of $name passes the schema that the server uses',
  ({ described, input, pathFields }) => {
    const content = member(member(member(described, 'requestBody'), 'content'), 'application/json');
    const example = member(member(member(content, 'examples'), 'example'), 'value');
    const path = Object.fromEntries(pathFields.map((field) => [field, '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10']));
    expect(input.safeParse({ ...path, ...example }).error?.issues ?? []).toEqual([]);
  },
);

/** Patterns of free text, which take a space and a line's end: any text, and text without a NUL. */
const TAKE_SPACE: readonly unknown[] = ['^[\\s\\S]*$', '^[^\\x00]*$'];

/** For each limit of a field: a value just past it. */
function valuesPast(schema: Json): [string, unknown][] {
  const number = (limit: string) => (typeof schema[limit] === 'number' ? schema[limit] : undefined);
  const [lengthMax, lengthMin] = [number('maxLength'), number('minLength')];
  const [max, min] = [number('maximum'), number('minimum')];
  const [itemsMax, itemsMin] = [number('maxItems'), number('minItems')];
  const item =
    Array.isArray(schema['examples']) && Array.isArray(schema['examples'][0]) ? schema['examples'][0][0] : 'x';
  return [
    ...(lengthMax === undefined ? [] : [['maxLength', 'a'.repeat(lengthMax + 1)] as [string, unknown]]),
    ...(lengthMin === undefined || lengthMin === 0
      ? []
      : [['minLength', 'a'.repeat(lengthMin - 1)] as [string, unknown]]),
    ...(max === undefined ? [] : [['maximum', max + 1] as [string, unknown]]),
    ...(min === undefined ? [] : [['minimum', min - 1] as [string, unknown]]),
    ...(itemsMax === undefined ? [] : [['maxItems', Array(itemsMax + 1).fill(item)] as [string, unknown]]),
    ...(itemsMin === undefined || itemsMin === 0
      ? []
      : [['minItems', Array(itemsMin - 1).fill(item)] as [string, unknown]]),
    ...(schema['pattern'] === undefined || TAKE_SPACE.includes(schema['pattern'])
      ? []
      : [['pattern', ' \n'] as [string, unknown]]),
  ];
}

test.each(operations)('the limits that the document gives for $name are enforced', ({ described, input, hasBody }) => {
  const content = member(member(member(described, 'requestBody'), 'content'), 'application/json');
  const body = member(resolve(member(content, 'schema'), document), 'properties');
  const parameters = ((described['parameters'] ?? []) as Json[])
    .filter(({ in: where }) => where === 'path' || where === 'query')
    .map((each) => [String(each['name']), member(each, 'schema')] as const);
  const fields = [...parameters, ...(hasBody ? Object.entries(body) : [])];
  const accepted = fields.flatMap(([field, given]) => {
    const schema = resolve(isJson(given) ? given : {}, document);
    const refuses = (value: unknown) =>
      input.safeParse({ [field]: value }).error?.issues.some(({ path }) => path[0] === field) === true;
    return valuesPast(schema)
      .filter(([, value]) => !refuses(value))
      .map(([limit]) => `${field}: ${limit}`);
  });
  expect(accepted).toEqual([]);
});

test('the examples of an export are what an export writes', () => {
  const event = auditEvent.parse(JSON.parse(exportExamples['application/x-ndjson']));
  const { ndjson, csv } = exportFormats;
  expect(exportExamples).toEqual({
    'application/x-ndjson': ndjson.head + ndjson.line(event),
    'text/csv': csv.head + csv.line(event),
  });
});

test('every component is used', () => {
  const text = JSON.stringify(document);
  const unused = Object.entries(member(document, 'components')).flatMap(([kind, parts]) =>
    Object.keys(isJson(parts) ? parts : {})
      .filter((name) => kind !== 'securitySchemes' && !text.includes(`"#/components/${kind}/${name}"`))
      .map((name) => `${kind}/${name}`),
  );
  expect(unused).toEqual([]);
});

/** A small document, and what becomes of it in each row below. */
const small = {
  paths: {
    '/things/{id}': {
      put: {
        operationId: 'set_thing',
        security: [{ Bearer: [] }, { Basic: [] }],
        'x-credentials': ['operator_token', 'internal_token'],
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string', maxLength: 40 } },
          { name: 'kind', in: 'query', required: false, schema: { type: 'string', enum: ['a', 'b'] } },
        ],
        requestBody: {
          required: false,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Input' } } },
        },
        responses: {
          200: {
            headers: { ETag: {} },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
          },
          404: { content: { 'application/problem+json': { schema: { type: 'object' } } } },
        },
      },
      get: { operationId: 'get_thing', responses: { 200: {} } },
    },
  },
  components: {
    schemas: {
      Input: {
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string', minLength: 1, maxLength: 200, pattern: '^a' },
          note: { type: ['string', 'null'] },
          count: { type: 'integer', minimum: 0, maximum: 10, default: 1 },
          tags: { type: 'array', minItems: 0, maxItems: 9, items: { type: 'string' } },
          owner: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
          free: { type: 'object', additionalProperties: true },
        },
      },
      Thing: {
        type: 'object',
        required: ['id', 'state'],
        properties: {
          id: { type: 'string' },
          state: { type: 'string', enum: ['on', 'off'] },
          size: { type: 'integer' },
          parent: { anyOf: [{ $ref: '#/components/schemas/Thing' }, { type: 'null' }] },
        },
      },
    },
  },
};

const PUT = ['paths', '/things/{id}', 'put'];
const INPUT = ['components', 'schemas', 'Input'];
const THING = ['components', 'schemas', 'Thing'];

/** The small document with one part replaced, or removed when the value is undefined. */
function changed(path: readonly string[], value: unknown): Json {
  const copy: Json = structuredClone(small);
  const [last = '', ...rest] = [...path].reverse();
  const holder = rest.reverse().reduce<unknown>((inside, step) => (inside as Json)[step], copy) as Record<
    string,
    unknown
  >;
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return JSON.parse(JSON.stringify(copy));
}

test.each<[string, readonly string[], unknown, string]>([
  ['a path goes', ['paths', '/things/{id}'], undefined, 'PUT /things/{id} is gone'],
  ['an operation goes', PUT, undefined, 'PUT /things/{id} is gone'],
  ['an operation id changes', [...PUT, 'operationId'], 'put_thing', 'operationId was set_thing and is put_thing'],
  ['a scheme is refused', [...PUT, 'security'], [{ Bearer: [] }], 'Basic is no longer accepted'],
  [
    'a kind of credential is refused',
    [...PUT, 'x-credentials'],
    ['operator_token'],
    'internal_token is no longer accepted',
  ],
  [
    'a parameter goes',
    [...PUT, 'parameters', '1'],
    { name: 'id', in: 'path', required: true, schema: {} },
    'query parameter kind is gone',
  ],
  [
    'a parameter becomes required',
    [...PUT, 'parameters', '1', 'required'],
    true,
    'query parameter kind is now required',
  ],
  [
    'a required parameter comes',
    [...PUT, 'parameters', '2'],
    { name: 'x', in: 'query', required: true, schema: {} },
    'query parameter x is new and required',
  ],
  ['a value of a parameter goes', [...PUT, 'parameters', '1', 'schema', 'enum'], ['a'], 'no longer accepts "b"'],
  [
    'a limit of a parameter falls',
    [...PUT, 'parameters', '0', 'schema', 'maxLength'],
    39,
    'maxLength was 40 and is 39',
  ],
  ['the body becomes required', [...PUT, 'requestBody', 'required'], true, 'its body is now required'],
  ['the body goes', [...PUT, 'requestBody'], undefined, 'it no longer takes a body'],
  [
    'the media type of the body changes',
    [...PUT, 'requestBody', 'content'],
    { 'text/plain': {} },
    'body: application/json is gone',
  ],
  ['a field becomes required', [...INPUT, 'required'], ['name', 'note'], 'body.note is now required'],
  ['a field goes', [...INPUT, 'properties', 'note'], undefined, 'body.note is gone'],
  [
    'a field takes null no more',
    [...INPUT, 'properties', 'note', 'type'],
    'string',
    'body.note no longer accepts null',
  ],
  ['a lower limit grows', [...INPUT, 'properties', 'name', 'minLength'], 2, 'minLength was 1 and is 2'],
  ['a pattern changes', [...INPUT, 'properties', 'name', 'pattern'], '^b', 'pattern was "^a" and is "^b"'],
  ['an upper limit comes', [...INPUT, 'properties', 'note', 'maxLength'], 100, 'maxLength was undefined and is 100'],
  ['a default changes', [...INPUT, 'properties', 'count', 'default'], 2, 'default was 1 and is 2'],
  ['items are limited', [...INPUT, 'properties', 'tags', 'items', 'enum'], ['x'], 'body.tags[] is now an enum'],
  [
    'an alternative goes',
    [...INPUT, 'properties', 'owner', 'anyOf'],
    [{ type: 'string' }],
    'body.owner no longer accepts integer',
  ],
  [
    'a free object is closed',
    [...INPUT, 'properties', 'free', 'additionalProperties'],
    false,
    'no longer accepts other members',
  ],
  ['an answer goes', [...PUT, 'responses', '404'], undefined, 'the answer 404 is gone'],
  ['a header goes', [...PUT, 'responses', '200', 'headers'], {}, 'the header ETag of 200 is gone'],
  [
    'the media type of an answer changes',
    [...PUT, 'responses', '404', 'content'],
    {},
    'answer 404: application/problem+json is gone',
  ],
  ['a member of an answer goes', [...THING, 'properties', 'size'], undefined, 'answer 200.size is gone'],
  ['a member of an answer may be absent', [...THING, 'required'], ['id'], 'answer 200.state may now be absent'],
  [
    'a member of an answer may be null',
    [...THING, 'properties', 'size', 'type'],
    ['integer', 'null'],
    'answer 200.size may now be null',
  ],
  [
    'values of an answer become text',
    [...THING, 'properties', 'state', 'enum'],
    undefined,
    'answer 200.state is no longer an enum',
  ],
])('it breaks callers when %s', (_, path, value, sentence) => {
  expect(breakingChanges(small, changed(path, value)).join('\n')).toContain(sentence);
});

test.each<[string, readonly string[], unknown]>([
  ['nothing changes', ['info'], {}],
  ['an operation comes', ['paths', '/more'], { get: { operationId: 'more', responses: {} } }],
  ['an optional parameter comes', [...PUT, 'parameters', '2'], { name: 'x', in: 'query', required: false, schema: {} }],
  ['an optional field comes', [...INPUT, 'properties', 'more'], { type: 'string' }],
  ['a field takes null too', [...INPUT, 'properties', 'name', 'type'], ['string', 'null']],
  ['a field is no longer required', [...INPUT, 'required'], []],
  ['an upper limit grows', [...INPUT, 'properties', 'count', 'maximum'], 11],
  ['a value of an input comes', [...PUT, 'parameters', '1', 'schema', 'enum'], ['a', 'b', 'c']],
  ['a value of an answer comes', [...THING, 'properties', 'state', 'enum'], ['on', 'off', 'idle']],
  [
    'an alternative comes',
    [...INPUT, 'properties', 'owner', 'anyOf'],
    [{ type: 'string' }, { type: 'integer' }, { type: 'null' }],
  ],
  ['a member of an answer comes', [...THING, 'properties', 'more'], { type: 'string' }],
  ['a member of an answer is always there', [...THING, 'required'], ['id', 'state', 'size']],
  ['an answer is null no more', [...THING, 'properties', 'size', 'type'], 'integer'],
  ['another credential is accepted', [...PUT, 'x-credentials'], ['operator_token', 'internal_token', 'api_key']],
])('nobody is broken when %s', (_, path, value) => {
  expect(breakingChanges(small, changed(path, value))).toEqual([]);
});

test('a schema is followed through its references, also into itself', () => {
  const parent = changed([...THING, 'properties', 'parent', 'anyOf'], [{ type: 'object' }, { type: 'null' }]);
  expect(breakingChanges(small, small)).toEqual([]);
  expect(breakingChanges(small, parent)).toContainEqual(expect.stringContaining('answer 200.parent may now be'));
});

test.each([
  ['0.1.0', '0.1.1', false],
  ['0.1.0', '0.2.0', true],
  ['0.9.0', '0.10.0', true],
  ['0.2.0', '0.1.0', false],
  ['0.9.0', '1.0.0', true],
  ['1.0.0', '1.1.0', false],
  ['1.9.0', '2.0.0', true],
  ['2.0.0', '1.9.0', false],
  ['1.0.0', 'text', false],
])('from %s to %s, a document may break its callers: %s', (released, present, may) => {
  expect(mayBreak(released, present)).toBe(may);
});
