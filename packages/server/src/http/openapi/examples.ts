/** Examples made of the `examples` that the parts of a schema carry, so that each value is written once. */
import { isJson, type Json, member, texts } from './json.ts';

type Resolve = (schema: Json) => Json;

const BY_FORMAT: Json = {
  uuid: '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10',
  date: '2026-01-15',
  'date-time': '2026-01-15T09:30:00.000Z',
};

/** Returns a value that the schema accepts. Of an object it has what is required, and what carries an example. */
function exampleOf(given: Json, resolve: Resolve): unknown {
  const schema = resolve(given);
  const { examples, enum: values, type, anyOf, default: fallback } = schema;
  if (Array.isArray(examples) && examples.length > 0) return examples[0];
  if (Array.isArray(values)) return fallback ?? values[0];
  const [option] = Array.isArray(anyOf) ? anyOf.filter(isJson) : [];
  if (option !== undefined) return exampleOf(option, resolve);
  switch (type) {
    case 'object':
      return exampleOfObject(schema, resolve);
    case 'array':
      return fallback ?? [exampleOf(member(schema, 'items'), resolve)];
    case 'boolean':
      return fallback ?? false;
    case 'integer':
    case 'number':
      return fallback ?? schema['minimum'] ?? 0;
    case 'string':
      return BY_FORMAT[String(schema['format'])] ?? 'text';
    default:
      return null;
  }
}

function exampleOfObject(schema: Json, resolve: Resolve): Json {
  const required = texts(schema, 'required');
  const shown = Object.entries(member(schema, 'properties'))
    .filter((entry): entry is [string, Json] => isJson(entry[1]))
    .filter(([name, property]) => required.includes(name) || hasExample(property, resolve));
  return Object.fromEntries(shown.map(([name, property]) => [name, exampleOf(property, resolve)]));
}

function hasExample(property: Json, resolve: Resolve): boolean {
  return Array.isArray(resolve(property)['examples']);
}

/** Returns the examples of a media type: one, or one for each schema of a union. */
export function examplesOf(schema: Json, change: Json, resolve: Resolve): Json {
  const { anyOf } = resolve(schema);
  const options = Array.isArray(anyOf) ? anyOf.filter(isJson) : [];
  if (options.length < 2) return { example: { value: changed(exampleOf(schema, resolve), change) } };
  return Object.fromEntries(
    options.map((option, index) => [nameOf(option) ?? `example${index + 1}`, { value: exampleOf(option, resolve) }]),
  );
}

function nameOf({ $ref: reference }: Json): string | undefined {
  return typeof reference === 'string' ? reference.split('/').at(-1) : undefined;
}

function changed(example: unknown, change: Json): unknown {
  return isJson(example) ? { ...example, ...change } : example;
}
