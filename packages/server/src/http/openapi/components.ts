/** The named schemas of the document: those with an id of their own, the bodies of operations, and what is inside of them. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { isJson, type Json, mapMembers, member } from './json.ts';
import { tidy } from './tidy.ts';

const PREFIX = '#/components/schemas/';

export class Components {
  readonly #schemas = new Map<string, Json>();

  /** Everything that was kept, by name. */
  get schemas(): Json {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Returns the schema as what travels in a request or an answer: a reference when it has an id, itself otherwise. */
  of(schema: z.ZodType, io: 'input' | 'output', name: string): Json {
    // Inside of another schema, one with an id is a reference, and its description stays beside it.
    const around = z.toJSONSchema(z.object({ root: schema }), { io, unrepresentable: 'any' });
    for (const [id, definition] of Object.entries(around.$defs ?? {}))
      if (isJson(definition)) this.keep(id, definition, io);
    return this.#tidy(member(around.properties, 'root'), name, io);
  }

  /** Like `of`, but always a reference. */
  refTo(schema: z.ZodType, io: 'input' | 'output', name: string): Json {
    const json = this.of(schema, io, name);
    return json['$ref'] === undefined ? this.keep(name, json, io) : { $ref: json['$ref'] };
  }

  /** Keeps the schema under the name. Throws when another one has it. */
  keep(name: string, schema: Json, io: 'input' | 'output'): Json {
    const tidied = this.#tidy(schema, name, io);
    const known = this.#schemas.get(name);
    if (known !== undefined && !isDeepStrictEqual(known, tidied)) throw new Error(`two schemas are named ${name}`);
    this.#schemas.set(name, tidied);
    return { $ref: PREFIX + name };
  }

  /** Returns the schema that a reference means, what stands beside the reference included. */
  readonly resolve = (schema: Json): Json => {
    const { $ref: reference, ...beside } = schema;
    if (typeof reference !== 'string') return schema;
    return { ...this.#schemas.get(reference.slice(PREFIX.length)), ...beside };
  };

  /** The fields of an operation's input, each as a parameter or a member of the body would have it. */
  fieldsOf(input: z.ZodObject, name: string): { readonly fields: Json; readonly required: readonly string[] } {
    const json = this.resolve(this.of(input, 'input', name));
    return {
      fields: mapMembers(member(json, 'properties'), (field) => (isJson(field) ? field : {})),
      required: Array.isArray(json['required']) ? json['required'].map(String) : [],
    };
  }

  #tidy(schema: Json, name: string, io: 'input' | 'output'): Json {
    return tidy(schema, name, { io, keep: (inside, each) => this.keep(inside, each, io) });
  }
}
