/**
 * The enums of answers, opened: strings whose known values are listed. Half of the client generators make a closed enum
 * into code that fails on a value it does not know, so that the first new status of a tenant would break every client.
 */
import type { Json } from './json.ts';

const LISTED_MAX = 12;
const KNOWN = 'x-extensible-enum';

/** Returns a string in place of an enum of strings, and every other schema as it is. */
export function opened(schema: Json): Json {
  const { enum: values, ...rest } = schema;
  if (!Array.isArray(values)) return schema;
  const known = values.filter((value) => value !== null);
  if (!known.every((value) => typeof value === 'string')) return schema;
  const examples = rest['examples'] ?? known.slice(0, 1);
  return { ...rest, minLength: 1, maxLength: 100, pattern: '^[a-z][a-z0-9_.:]*$', examples, [KNOWN]: known };
}

/** Returns the schema, its description followed by its known values when it has some. */
export function withKnownValues(schema: Json): Json {
  const values = schema[KNOWN];
  if (!Array.isArray(values)) return schema;
  const list =
    values.length > LISTED_MAX
      ? `The known values are listed as \`${KNOWN}\`; others may come.`
      : `Known values: ${values.map((value) => `\`${value}\``).join(', ')}; others may come.`;
  const words = schema['description'];
  if (typeof words !== 'string') return { ...schema, description: list };
  // A schema that is kept is tidied once more.
  return words.endsWith(list) ? schema : { ...schema, description: `${words} ${list}` };
}
