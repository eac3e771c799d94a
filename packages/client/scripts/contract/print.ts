/** Prints declarations with their texts, in the format of Biome. */
import { nameIn, type Schema, type Schemas, typesOf } from './schema.ts';

const WIDTH = 120;

/** Returns the declaration of a schema under its name. */
export function declarationOf(name: string, schema: Schema, schemas: Schemas): string {
  const { properties, description, extends: base } = schema;
  if (description === undefined) throw new Error(`${name} has no description`);
  if (base !== undefined) return interfaceOf(`${name} extends ${base}`, description, fieldsOf(name, schema, schemas));
  if (properties !== undefined && Object.keys(properties).length > 0)
    return interfaceOf(name, description, fieldsOf(name, schema, schemas));
  // An interface without members takes every object.
  if (properties !== undefined) return `${comment(description)}export type ${name} = Record<string, never>;\n`;
  return `${comment(description)}${statement(`export type ${name} =`, typesOf(schema))}`;
}

/** Returns an interface with these members, each with its comment. */
export function interfaceOf(name: string, description: string, members: readonly string[]): string {
  return `${comment(description)}export interface ${name} {${members.length > 0 ? '\n' : ''}${members.map(indented).join('')}}\n`;
}

/** Returns a statement that ends in a union or in a list of one: on one line, or with a line for each member. */
export function statement(begin: string, types: readonly string[], indent = 0): string {
  const line = `${begin} ${types.join(' | ')};`;
  if (indent + line.length <= WIDTH) return `${line}\n`;
  const [, listed] = /^\((.+)\)\[\]$/.exec(types.join(' | ')) ?? [];
  if (types.length > 1 || listed === undefined) return `${begin}\n${membersOf(types)};\n`;
  return `${begin} (\n${membersOf(listed.split(' | '))}\n)[];\n`;
}

/** Returns a method of an interface: on one line, or with a line for each parameter. */
export function method(name: string, parameters: readonly string[], result: string): string {
  const line = `${name}(${parameters.join(', ')}): ${result};\n`;
  if (line.length + 1 <= WIDTH) return line;
  return `${name}(\n${parameters.map((each) => `  ${each},\n`).join('')}): ${result};\n`;
}

function membersOf(types: readonly string[]): string {
  return types.map((type) => `  | ${type}`).join('\n');
}

/** Returns an import of types. */
export function importOf(names: readonly string[], from: string): string {
  const sorted = [...names].sort(asBiome);
  const line = `import type { ${sorted.join(', ')} } from '${from}';`;
  return `${line.length <= WIDTH ? line : `import type {\n${sorted.map((name) => `  ${name},\n`).join('')}} from '${from}';`}\n`;
}

/** Returns the text as a comment that editors show, filled to the width of a line. */
export function comment(text: string, indent = 0): string {
  const safe = withoutWords(text).replaceAll('*/', '*\\/');
  if (!safe.includes('\n') && indent + safe.length + 7 <= WIDTH) return `/** ${safe} */\n`;
  const lines = safe.split('\n').flatMap((line) => filled(line, WIDTH - indent - 3));
  return `/**\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n`;
}

function fieldsOf(name: string, { properties = {}, required = [] }: Schema, schemas: Schemas): string[] {
  return Object.entries(properties).map(([field, schema]) => {
    const text = schema.description ?? schemas[nameIn(schema.$ref ?? '')]?.description;
    if (text === undefined) throw new Error(`${name}.${field} has no description`);
    const optional = !required.includes(field);
    const types = [...typesOf(schema), ...(optional ? ['undefined'] : [])];
    return comment(text, 2) + statement(`${keyOf(field)}${optional ? '?' : ''}:`, types, 2);
  });
}

/** Leaves out the list of words, which the type has too. That a newer registry may send further ones stays. */
function withoutWords(text: string): string {
  return text.replace(
    /(?:Known values: .*|The known values are listed as `x-extensible-enum`); others may come\.$/,
    'Others may come.',
  );
}

/** Returns a name as the key of a member. */
export function keyOf(name: string): string {
  return /^\w+$/.test(name) ? name : `'${name}'`;
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}

function filled(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Letter by letter without regard to case, as Biome sorts what is imported. */
function asBiome(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
