/** Turns the OpenAPI document into the interfaces of the SDK: its operations, what they take and answer, events and error codes. */
import { dirname, relative } from 'node:path/posix';
import type { Tree } from '../manifest.ts';
import { eventsIn, kebab, type OpenApiDocument, pascal, type SdkGroup } from './document.ts';
import { eventSchemas } from './events.ts';
import { isQuery, isStream, memberOf, namesIn, sdkTypes } from './operations.ts';
import { comment, declarationOf, importOf, interfaceOf, keyOf, statement } from './print.ts';
import { typesOf } from './schema.ts';
import { type Layout, layoutOf, type Unit } from './units.ts';
import { withVariants } from './variants.ts';

const NOTE = '/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */\n';

/** Returns the sources by the names of their files. Throws when the document leaves an operation or a field without a text. */
export function contractFiles(document: OpenApiDocument, manifest: Tree): ReadonlyMap<string, string> {
  const schemas = withVariants({ ...document.components.schemas, ...eventSchemas(document) });
  const layout = layoutOf(document, manifest, schemas);
  const files = [
    ...layout.units.map((unit) => [unit.file, unitSource(unit, layout)]),
    ...layout.groups.map((group) => [operationsFile(group), groupSource(group, layout)]),
    ['client', clientSource(layout)],
    ['inputs', shapesSource('Inputs', layout)],
    ['outputs', shapesSource('Outputs', layout)],
    ['procedures', proceduresSource(layout)],
    ['event-types', eventsSource(document, layout)],
    ['error-code', codesSource(document)],
    ['index', indexSource(layout)],
  ] as const;
  return new Map(files.map(([file = '', source = '']) => [`${file}.ts`, source]));
}

function unitSource({ file, own, foreign }: Unit, { fileOf, schemas }: Layout): string {
  const declarations = own.map((name) => declarationOf(name, schemas[name] ?? {}, schemas));
  return source(importsOf(foreign, file, fileOf), declarations);
}

function groupSource(group: SdkGroup, { fileOf }: Layout): string {
  const file = operationsFile(group);
  const imports = importsOf(namesIn(group), file, fileOf);
  return source(imports, [interfaceOf(interfaceName(group), aboutGroup(group), group.operations.map(memberOf))]);
}

function clientSource({ groups }: Layout): string {
  const fileOf = new Map(groups.map((group) => [interfaceName(group), operationsFile(group)]));
  const members = groups.map(
    (group) => comment(aboutGroup(group), 2) + statement(`readonly ${group.name}:`, [interfaceName(group)]),
  );
  const imports = importsOf([...fileOf.keys()], 'client', fileOf);
  return source(imports, [interfaceOf('Client', "The registry's operations as functions.", members)]);
}

/** The inputs or the outputs of all operations, to be named by group and operation. */
function shapesSource(name: 'Inputs' | 'Outputs', { groups, fileOf }: Layout): string {
  const typeOf = (each: SdkGroup['operations'][number]) =>
    name === 'Inputs' ? each.inputName : isStream(each) ? 'string' : (each.output ?? 'void');
  const members = groups.map(({ name: group, operations }) => {
    const lines = operations.map((each) => `  ${each.name}: ${typeOf(each)};\n`);
    return `${group}: {\n${lines.join('')}};\n`;
  });
  const names = groups.flatMap(({ operations }) => operations.map(typeOf)).filter((each) => fileOf.has(each));
  const one = name.slice(0, -1).toLowerCase();
  const text = `The ${one} of each operation: \`${name}['tenants']['create']\`.`;
  return source(importsOf(names, name.toLowerCase(), fileOf), [interfaceOf(name, text, members)]);
}

/** What tRPC's client needs to know of each operation besides; streams are none of its own. */
function proceduresSource({ groups }: Layout): string {
  const members = groups.flatMap(({ name, operations }) => {
    const calls = operations.filter((each) => !isStream(each));
    const lines = calls.map((each) => `  ${each.name}: '${isQuery(each) ? 'query' : 'mutation'}';\n`);
    return lines.length > 0 ? [`${name}: {\n${lines.join('')}};\n`] : [];
  });
  return source(
    [],
    [interfaceOf('Procedures', 'Whether each operation that is no stream is a query of tRPC or a mutation.', members)],
  );
}

function eventsSource(document: OpenApiDocument, { fileOf, schemas }: Layout): string {
  const types = [...eventsIn(document)];
  const members = types.map(
    ([type, name]) => comment(schemas[name]?.description ?? '', 2) + statement(`${keyOf(type)}:`, [name]),
  );
  const imports = importsOf(
    types.map(([, name]) => name),
    'event-types',
    fileOf,
  );
  return source(imports, [interfaceOf('Events', 'The events by type.', members)]);
}

function codesSource({ components }: OpenApiDocument): string {
  const text = 'The error codes of the registry. No code is ever removed or given another meaning. Others may come.';
  return source(
    [],
    [comment(text) + statement('export type ErrorCode =', typesOf(components.schemas['ProblemCode'] ?? {}))],
  );
}

function indexSource({ units, groups }: Layout): string {
  const files = [
    'client',
    'error-code',
    'inputs',
    'outputs',
    ...units.map(({ file }) => file),
    ...groups.map(operationsFile),
  ];
  return (
    NOTE +
    files
      .sort()
      .map((file) => `export type * from './${file}.ts';\n`)
      .join('')
  );
}

function operationsFile({ name }: SdkGroup): string {
  return `operations/${kebab(name)}`;
}

function interfaceName({ name }: SdkGroup): string {
  return `${pascal(name)}Operations`;
}

function aboutGroup({ name }: SdkGroup): string {
  return `The operations of \`client.${name}\`.`;
}

function source(imports: readonly string[], declarations: readonly string[]): string {
  return [NOTE + imports.join(''), ...declarations].join('\n');
}

/** Returns a statement for each file that these names lie in, in the order of Biome. */
function importsOf(names: readonly string[], from: string, fileOf: ReadonlyMap<string, string>): string[] {
  const files = new Map<string, Set<string>>();
  for (const name of names) {
    const file = fileOf.get(name) ?? sdkTypes.get(name);
    if (file === undefined) throw new Error(`${name} lies in no file`);
    const path = relative(dirname(from), file);
    const target = path.startsWith('.') ? path : `./${path}`;
    files.set(target, (files.get(target) ?? new Set()).add(name));
  }
  return [...files]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([file, each]) => importOf([...each], `${file}.ts`));
}
