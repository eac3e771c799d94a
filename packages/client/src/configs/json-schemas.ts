/** Joins what the schemas of a program expect of one key into one JSON Schema. */

/** Returns a JSON Schema (draft 2020-12) that accepts what all given ones accept. Equal ones count once. */
export function joined(schemas: readonly Record<string, unknown>[]): Record<string, unknown> {
  const texts = [...new Set(schemas.map((schema) => JSON.stringify(schema)))].sort();
  const distinct = texts.map((text) => JSON.parse(text) as Record<string, unknown>);
  const [only] = distinct;
  if (distinct.length === 1 && only !== undefined) return only;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    allOf: distinct.map(({ $schema: _dialect, ...schema }, index) => moved(schema, `/allOf/${index}`)),
  };
}

/** Returns the schema with its references to itself as they must be at another place of a document. */
function moved(value: unknown, place: string): unknown {
  if (Array.isArray(value)) return value.map((each) => moved(each, place));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, inner]): [string, unknown] => {
    const local = name === '$ref' && typeof inner === 'string' && /^#(\/|$)/.test(inner);
    return [name, local ? `#${place}${inner.slice(1)}` : moved(inner, place)];
  });
  return Object.fromEntries(members);
}
