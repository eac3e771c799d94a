// engine: none
/** The needs of client generators: generated code broke on each of these rules once. */
import { expect, test } from 'vitest';
import { isJson, type Json, member } from '../src/http/openapi/json.ts';
import { openapiDocument } from '../src/http/openapi.ts';

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
