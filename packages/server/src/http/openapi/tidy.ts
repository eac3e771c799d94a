/** Makes the JSON Schema that zod writes into the one that readers, linters and client generators take best. Nothing that is enforced is lost. */
import { withKnownFields } from './fields.ts';
import { isJson, type Json, mapMembers, member, pascal } from './json.ts';
import { opened, withKnownValues } from './open-enums.ts';

export interface Tidying {
  /** Whether callers send it or get it. */
  readonly io: 'input' | 'output';
  /** Keeps a schema under a name and returns the reference to it. */
  keep(name: string, schema: Json): Json;
}

const UUID_LENGTH = 36;
const INT32_MAX = 2_147_483_647;
/** No text with a NUL passes `refuseMalformed`, and none fits into the database. `\x00` is the one spelling that every engine knows. */
const NO_NUL = '^[^\\x00]*$';
/** Their patterns are long, and say what the format says. */
const FORMATS_WITHOUT_PATTERN: readonly unknown[] = ['date', 'date-time'];

/** Returns the schema, tidied; objects inside it that have no name get one after their place and go through `keep`. */
export function tidy(schema: Json, name: string, tidying: Tidying): Json {
  const tidied = tidyKind(schema, name, tidying);
  if (tidying.io === 'input') return tidied;
  // Written for a list that code must not change; in a document it would say that no request has the field, events included.
  const { readOnly: _, ...sent } = opened(tidied);
  return sent;
}

function tidyKind(schema: Json, name: string, tidying: Tidying): Json {
  const { anyOf, oneOf, ...rest } = schema;
  const options = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : undefined;
  if (options !== undefined) return tidyUnion(options.filter(isJson), rest, { name, tidying });
  if (typeof rest['$ref'] === 'string') {
    return { ...rest, $ref: rest['$ref'].replace('#/$defs/', '#/components/schemas/') };
  }
  const { const: only, ...open } = rest;
  const closed: Json = only === undefined ? open : { ...open, enum: [only] };
  switch (closed['type']) {
    case 'object':
      return tidyObject(closed, name, tidying);
    case 'array':
      return tidyArray(closed, name, tidying);
    case 'string':
      return tidyString(closed);
    case 'integer':
      return { ...closed, format: Math.abs(Number(closed['maximum'])) <= INT32_MAX ? 'int32' : 'int64' };
    default:
      // `["string", "null"]`, which zod writes for a text without further rules.
      return Array.isArray(closed['type']) && closed['type'].includes('string') ? tidyString(closed) : closed;
  }
}

/** Like `tidy`, but an object is kept under its name and referred to. */
function tidyInside(schema: Json, name: string, tidying: Tidying): Json {
  const inside = tidy(schema, name, tidying);
  return inside['type'] === 'object' && isJson(inside['properties']) ? tidying.keep(name, inside) : inside;
}

function tidyArray(schema: Json, name: string, tidying: Tidying): Json {
  const items = withKnownValues(tidyInside(member(schema, 'items'), singular(name), tidying));
  return { minItems: 0, ...withDefaultInWords(schema), items };
}

/** Moves a default into the description: client generators refuse one that is no scalar, and the server fills it in. */
function withDefaultInWords({ default: fallback, ...schema }: Json): Json {
  if (fallback === undefined) return schema;
  const words = [schema['description'], `Absent: \`${JSON.stringify(fallback)}\`.`];
  return { ...schema, description: words.filter((each) => each !== undefined).join(' ') };
}

function tidyObject(schema: Json, name: string, tidying: Tidying): Json {
  const { properties, additionalProperties, ...rest } = schema;
  if (!isJson(properties)) return tidyDictionary(schema, tidying);
  const tidied = mapMembers(properties, (value, field) =>
    tidyInside(isJson(value) ? value : {}, name + pascal(field), tidying),
  );
  // An answer may gain members: a client that was told otherwise would refuse them.
  const closed = tidying.io === 'output' || additionalProperties === undefined ? {} : { additionalProperties };
  return { ...rest, ...closed, properties: mapMembers(withKnownFields(tidied, tidying.io), told) };
}

function told(schema: unknown): unknown {
  return isJson(schema) ? withKnownValues(schema) : schema;
}

/** JSON of any content is one schema everywhere; what it is for stands beside the reference. */
function tidyDictionary(schema: Json, { keep }: Tidying): Json {
  const { propertyNames: _, additionalProperties, type, ...about } = withDefaultInWords(schema);
  const free = isJson(additionalProperties) && Object.keys(additionalProperties).length === 0;
  if (!free) return schema;
  const { $ref } = keep('JsonObject', { type, description: 'JSON of any shape.', additionalProperties: true });
  return { ...about, $ref };
}

function tidyString(schema: Json): Json {
  const { pattern, ...rest } = schema;
  const { format } = rest;
  if (FORMATS_WITHOUT_PATTERN.includes(format)) return rest;
  if (rest['enum'] !== undefined) return rest;
  const lengths = format === 'uuid' ? { minLength: UUID_LENGTH, maxLength: UUID_LENGTH } : { minLength: 0 };
  return { ...lengths, ...rest, pattern: pattern ?? NO_NUL };
}

interface Place {
  readonly name: string;
  readonly tidying: Tidying;
}

function tidyUnion(options: readonly Json[], about: Json, { name, tidying }: Place): Json {
  const nullable = options.some(({ type }) => type === 'null');
  const others = options
    .filter(({ type }) => type !== 'null')
    .map((option, index, { length }) => tidyInside(option, length === 1 ? name : `${name}Option${index + 1}`, tidying));
  const [only] = others;
  if (only === undefined || others.length > 1) {
    return { ...about, anyOf: nullable ? [...others, { type: 'null' }] : others };
  }
  if (!nullable) return { ...only, ...about };
  if (only['$ref'] !== undefined) return { ...about, anyOf: [only, { type: 'null' }] };
  if (Array.isArray(only['anyOf'])) return { ...only, ...about, anyOf: [...only['anyOf'], { type: 'null' }] };
  const { enum: values } = only;
  return {
    ...only,
    ...about,
    type: [only['type'], 'null'],
    ...(Array.isArray(values) ? { enum: [...values, null] } : {}),
  };
}

/** The name of one of them. */
function singular(name: string): string {
  return name.endsWith('s') ? name.slice(0, -1) : `${name}Item`;
}
