/**
 * Answers whose fields depend on each other. The document describes them as flat objects (decision 13), because client
 * generators make of unions types that take a refusal for an acceptance; the compiler narrows a union as it should.
 */
import type { Schema, Schemas } from './schema.ts';

/** The schemas that stand for one of the document, by name. */
type Variants = Readonly<Record<string, Schema>>;

const variants: Readonly<Record<string, (flat: Schema) => Variants>> = { ApiKeyVerdict: verdicts };

/** Returns the schemas with the variants of each that has some: its name then stands for their union. */
export function withVariants(schemas: Schemas): Schemas {
  const entries = Object.entries(schemas).flatMap(([name, schema]) => {
    const made = variants[name]?.(schema);
    if (made === undefined) return [[name, schema] as const];
    const anyOf = Object.keys(made).map((each) => ({ $ref: `#/components/schemas/${each}` }));
    return [...Object.entries(made), [name, { description: schema.description ?? '', anyOf }] as const];
  });
  return Object.fromEntries(entries);
}

/** An accepted key has an owner, and a refused one tells nothing. */
function verdicts(flat: Schema): Variants {
  const { properties: fields = {} } = flat;
  const codes = fields['code']?.['x-extensible-enum'] ?? [];
  const known = ['key_id', 'tenant_id', 'tenant_slug', 'tenant_status'].map((name) => [name, given(fields[name])]);
  const unknown = Object.entries(fields).map(([name, field]) => [name, missing(field)]);
  const refused = {
    ...Object.fromEntries(unknown),
    valid: { ...fields['valid'], enum: [false] },
    code: { ...fields['code'], 'x-extensible-enum': codes.filter((code) => code !== 'valid') },
  };
  const accepted = {
    ...fields,
    ...Object.fromEntries(known),
    valid: { ...fields['valid'], enum: [true] },
    code: { ...fields['code'], 'x-extensible-enum': ['valid'] },
  };
  return {
    AcceptedApiKey: { ...flat, description: 'The verdict on a key that may be used.', properties: accepted },
    RefusedApiKey: { ...flat, description: 'The verdict on a key that may not be used.', properties: refused },
  };
}

function given(field: Schema = {}): Schema {
  return { ...field, type: [field.type ?? []].flat().filter((type) => type !== 'null') };
}

function missing(field: Schema): Schema {
  return field.type === 'array' ? { ...field, maxItems: 0 } : { ...field, type: 'null' };
}
