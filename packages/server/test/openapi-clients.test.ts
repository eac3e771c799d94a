// engine: none
/** The needs of client generators: generated code broke on each of these rules once. */
import { expect, test } from 'vitest';
import { isJson, type Json, member } from '../src/http/openapi/json.ts';
import { openapiDocument } from '../src/http/openapi.ts';
import { resolve } from '../src/openapi-cli/schema-changes.ts';

const document: Json = JSON.parse(JSON.stringify(openapiDocument()));
const components = member(document, 'components');

/** Every object inside the value with its place, without what stands in examples. */
function* parts(value: unknown, place = ''): Generator<[string, Json]> {
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* parts(item, `${place}/${index}`);
  if (!isJson(value)) return;
  yield [place, value];
  for (const [name, item] of Object.entries(value))
    if (name !== 'examples' && name !== 'default') yield* parts(item, `${place}/${name}`);
}

const all = [...parts(document)];

/** The places of the schemas that an answer can contain. */
function answers(): Set<string> {
  const reached = new Set<string>();
  const visit = (value: unknown, place: string): void => {
    for (const [inside, part] of parts(value, place)) {
      reached.add(inside);
      const { $ref } = part;
      if (typeof $ref !== 'string' || reached.has($ref.slice(1))) continue;
      const path = $ref.slice(2).split('/');
      visit(
        path.reduce<unknown>((at, step) => member({ at }, 'at')[step], document),
        $ref.slice(1),
      );
    }
  };
  for (const [place, part] of all) if (place.endsWith('/responses')) visit(part, place);
  return reached;
}

test('answers have no closed enum and no closed object, because values and members may come', () => {
  const places = answers();
  const closed = all.filter(
    ([place, { enum: values, additionalProperties }]) =>
      places.has(place) && (Array.isArray(values) || additionalProperties === false),
  );
  expect(closed.map(([place]) => place)).toEqual([]);
  expect(places.has('/components/schemas/Tenant/properties/status')).toBe(true);
  expect(member(member(components, 'schemas'), 'Tenant')['properties']).toHaveProperty(['status', 'x-extensible-enum']);
});

test('an enum of a request is closed, because the server refuses every other value', () => {
  const kind = member(member(member(components, 'schemas'), 'CreateTenantInput'), 'properties')['kind'];
  expect(kind).toMatchObject({ enum: ['customer', 'demo'] });
});

test('no default is an object or a list, and nothing is a constant', () => {
  const odd = all.filter(
    ([place, part]) =>
      !place.endsWith('/properties') &&
      ((typeof part['default'] === 'object' && part['default'] !== null) ||
        part['const'] !== undefined ||
        (part['type'] === 'boolean' && part['enum'] !== undefined)),
  );
  expect(odd.map(([place]) => place)).toEqual([]);
});

test('no two component names differ in case alone, because each becomes a type or a function', () => {
  const names = Object.values(components).flatMap((kind) => Object.keys(isJson(kind) ? kind : {}));
  const byName = Map.groupBy(names, (name) => name.toLowerCase());
  expect([...byName.values()].filter(({ length }) => length > 1)).toEqual([]);
});

const operations = Object.entries(member(document, 'paths')).flatMap(([path, item]) =>
  Object.entries(isJson(item) ? item : {}).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    operation: isJson(operation) ? operation : {},
  })),
);

// proves A54
test.each(operations)('$name lists for each status the problems that it can give, and no other', ({ operation }) => {
  const answers = Object.entries(member(operation, 'responses')).filter(([status]) => status >= '400');
  const listed = answers.flatMap(([status, answer]) => {
    const content = member(
      member(resolve(isJson(answer) ? answer : {}, document), 'content'),
      'application/problem+json',
    );
    const examples = Object.entries(member(content, 'examples'));
    for (const [code, example] of examples)
      expect(member(example, 'value')).toMatchObject({
        status: Number(status),
        code,
        type: expect.stringMatching(code),
      });
    return examples.map(([code]) => code);
  });
  const parameters = JSON.stringify(operation['parameters'] ?? []);
  expect(new Set(listed).size).toBe(listed.length);
  expect(listed).toEqual(expect.arrayContaining(['invalid_input', 'rate_limited', 'internal']));
  const needsCredential = (operation['security'] as unknown[]).length > 0;
  expect(listed.includes('unauthenticated')).toBe(needsCredential);
  expect(listed.includes('invalid_json')).toBe(operation['requestBody'] !== undefined);
  expect(listed.includes('invalid_cursor')).toBe(parameters.includes('"cursor"'));
  expect(listed.includes('invalid_idempotency_key')).toBe(parameters.includes('IdempotencyKey'));
  expect(listed.includes('precondition_failed')).toBe(parameters.includes('IfMatch'));
  if (operation['x-permission'] !== undefined) expect(listed).toContain('forbidden');
  if (!needsCredential) expect(listed).not.toContain('forbidden');
});

test('no schema is one of several, because generators name the parts badly, refuse them, or write code that does not compile', () => {
  const isNull = (each: unknown) => isJson(each) && each['type'] === 'null';
  const unions = all.filter(
    ([, { anyOf, oneOf, type }]) =>
      [anyOf, oneOf].some((each) => Array.isArray(each) && each.filter((one) => !isNull(one)).length > 1) ||
      (Array.isArray(type) && type.filter((each) => each !== 'null').length > 1),
  );
  expect(unions.map(([place]) => place)).toEqual([]);
});

test('a list in a change may be null, because clients from Java send every other list, and empty when it is not set', () => {
  const changes = Object.entries(member(components, 'schemas')).filter(([name]) => /^Update\w+Input$/.test(name));
  const lists = changes.flatMap(([name, schema]) =>
    Object.entries(member(isJson(schema) ? schema : {}, 'properties')).flatMap(([field, property]) => {
      const type = isJson(property) ? [property['type']].flat() : [];
      return type.includes('array') ? [[`${name}.${field}`, type.includes('null')]] : [];
    }),
  );
  expect(lists).toEqual([
    ['UpdateIdpConfigInput.required_acr', true],
    ['UpdateIdpConfigInput.required_amr', true],
    ['UpdateUserInput.roles', true],
    ['UpdateWebhookInput.event_types', true],
  ]);
});
