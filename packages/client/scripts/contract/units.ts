/** Distributes the schemas over the files: each lies in the first that uses it, so that no files import each other. */
import type { Tree } from '../manifest.ts';
import { eventsIn, groupsOf, kebab, type OpenApiDocument, type SdkGroup, type SdkOperation } from './document.ts';
import { referencesOf, type Schemas } from './schema.ts';

/** One file of schemas: what the operations of a group take and answer, or the events whose types begin with a word. */
export interface Unit {
  /** From the folder of what is generated, without an ending: `schemas/tenants`, `events/tenant`. */
  readonly file: string;
  /** The schemas that lie in this file, by name. */
  readonly own: readonly string[];
  /** The schemas of other files that it refers to, by name. */
  readonly foreign: readonly string[];
}

export interface Layout {
  readonly groups: readonly SdkGroup[];
  readonly units: readonly Unit[];
  /** The file of each schema. */
  readonly fileOf: ReadonlyMap<string, string>;
  readonly schemas: Schemas;
}

interface Beginning {
  readonly file: string;
  /** The schemas that the file is about. */
  readonly roots: readonly string[];
}

/** Returns the files of operations in the order of the manifest, and after them those of events. */
export function layoutOf(document: OpenApiDocument, manifest: Tree, schemas: Schemas): Layout {
  const all: Record<string, Schemas[string]> = { ...schemas };
  const groups = groupsOf(document, manifest);
  // An input with the fields of the path takes the place of that of the body alone.
  for (const { operations } of groups) for (const { inputName, input } of operations) all[inputName] = input;
  const fileOf = new Map<string, string>();
  const beginnings = [...groups.map(beginningOf), ...eventFiles(document)];
  const units = beginnings.map(({ file, roots }) => {
    const used = reachable(roots, all);
    for (const name of used) if (!fileOf.has(name)) fileOf.set(name, file);
    const own = used.filter((name) => fileOf.get(name) === file);
    const referred = new Set(own.flatMap((name) => referencesOf(all[name] ?? {})));
    return { file, own, foreign: [...referred].filter((name) => fileOf.get(name) !== file) };
  });
  return { groups, units, fileOf, schemas: all };
}

function beginningOf(group: SdkGroup): Beginning {
  return { file: `schemas/${kebab(group.name)}`, roots: group.operations.flatMap(namesOf) };
}

/** Returns the names of the schemas that an operation names. */
function namesOf({ inputName, output }: SdkOperation): string[] {
  return output === undefined ? [inputName] : [inputName, output];
}

function eventFiles(document: OpenApiDocument): Beginning[] {
  const files = new Map<string, string[]>();
  for (const [type, schema] of eventsIn(document)) {
    const file = `events/${kebab(type.slice(0, type.indexOf('.')))}`;
    files.set(file, [...(files.get(file) ?? []), schema]);
  }
  return [...files].map(([file, roots]) => ({ file, roots }));
}

/** Returns the names of these schemas and of all that they refer to, each before those that it refers to. */
function reachable(names: readonly string[], schemas: Schemas, seen = new Set<string>()): string[] {
  for (const name of names) {
    if (seen.has(name)) continue;
    const schema = schemas[name];
    if (schema === undefined) throw new Error(`the document has no schema ${name}`);
    seen.add(name);
    reachable(referencesOf(schema), schemas, seen);
  }
  return [...seen];
}
