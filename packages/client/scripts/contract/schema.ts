/** The part of JSON Schema that the OpenAPI document uses, and the TypeScript types that its schemas describe. */

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly 'x-extensible-enum'?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: boolean | Schema;
  /** Not of JSON Schema: the name of a schema whose fields this one has too. */
  readonly extends?: string;
}

export type Schemas = Readonly<Record<string, Schema>>;

/** Returns the name of the component that a reference leads to. */
export function nameIn(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

/** Returns the members of the union that a schema describes; most have one. Throws for what no type is known for. */
export function typesOf(schema: Schema): readonly string[] {
  if (schema.$ref !== undefined) return [nameIn(schema.$ref)];
  if (schema.anyOf !== undefined) return distinct(schema.anyOf.flatMap(typesOf));
  const words = schema.enum ?? schema['x-extensible-enum'];
  const types = [schema.type ?? 'unknown'].flat();
  return distinct(
    types.flatMap((type) => (type === 'null' || words === undefined ? plain(type, schema) : quoted(words))),
  );
}

/** Returns the schemas by name that this one refers to, in the order of its fields. */
export function referencesOf(schema: Schema): string[] {
  const { $ref, properties = {}, items, anyOf = [], additionalProperties, extends: base } = schema;
  const inner = [...Object.values(properties), ...(items === undefined ? [] : [items]), ...anyOf];
  if (typeof additionalProperties === 'object') inner.push(additionalProperties);
  const named = [...($ref === undefined ? [] : [nameIn($ref)]), ...(base === undefined ? [] : [base])];
  return distinct([...named, ...inner.flatMap(referencesOf)]);
}

function plain(type: string, schema: Schema): string {
  switch (type) {
    case 'integer':
      return 'number';
    case 'array':
      return schema.maxItems === 0 ? '[]' : listOf(typesOf(schema.items ?? {}));
    case 'object':
      return recordOf(schema);
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
    case 'unknown':
      return type;
    default:
      throw new Error(`no type is known for ${JSON.stringify(schema)}`);
  }
}

function listOf(types: readonly string[]): string {
  return types.length === 1 ? `${types.join()}[]` : `(${types.join(' | ')})[]`;
}

function recordOf({ properties, additionalProperties: values }: Schema): string {
  if (properties !== undefined) throw new Error('an object inside of a schema needs a name of its own');
  return `Record<string, ${typeof values === 'object' ? typesOf(values).join(' | ') : 'unknown'}>`;
}

function quoted(words: readonly unknown[]): string[] {
  return words.filter((word) => word !== null).map((word) => (typeof word === 'string' ? `'${word}'` : `${word}`));
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
