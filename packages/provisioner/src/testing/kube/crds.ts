/** The types of CloudNativePG, from its CustomResourceDefinitions, as an API server would know them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { compileRule, type Rule } from './cel.ts';
import { isObject } from './json.ts';
import { nodeOf, type RuleSource, type Structural, withDefaults, withoutUnknown } from './structural.ts';
import type { Json, JsonObject, ResourceType, SchemaNode } from './types.ts';
import { type Rules, validateValue } from './validate.ts';

interface Definition {
  readonly kind: string;
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced' | 'Cluster';
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema: { readonly openAPIV3Schema: Structural };
      readonly subresources?: { readonly status?: object };
    }[];
  };
}

const root = fileURLToPath(new URL('../../../../../', import.meta.url));

/** Answers the folder of CloudNativePG's CRD files: `CNPG_CRDS`, or one beside the repository; undefined where there is none. */
export function crdsFolder(): string | undefined {
  const name = 'shared/data/cnpg-crds';
  const folders = [process.env['CNPG_CRDS'], join(root, '..', name), join(root, '../..', name)];
  return folders.find((folder) => folder !== undefined && existsSync(join(folder, 'crd-clusters.yaml')));
}

const loaded = new Map<string, ResourceType[]>();

/**
 * Answers a type for each served version of each CRD in the YAML files of a folder; a folder is read once. Throws where a
 * rule of CEL does not compile.
 */
export function loadCrds(folder: string): ResourceType[] {
  const known = loaded.get(folder) ?? readDefinitions(folder).flatMap(typesOf);
  loaded.set(folder, known);
  return known;
}

/** Answers all rules of CEL in the CRDs of a folder, with the kind that each belongs to. */
export function rulesIn(folder: string): (RuleSource & { readonly kind: string })[] {
  return readDefinitions(folder).flatMap(({ spec: { names, versions } }) =>
    versions
      .flatMap(({ schema }) => [...rulesOf(schema.openAPIV3Schema)].flatMap(([, rules]) => rules))
      .map(({ source }) => ({ kind: names.kind, ...source })),
  );
}

function readDefinitions(folder: string): Definition[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => parseAllDocuments(readFileSync(join(folder, file), 'utf8')))
    .map((document) => document.toJS() as Definition | null)
    .filter((definition) => definition !== null)
    .filter(({ kind }) => kind === 'CustomResourceDefinition');
}

function typesOf({ spec }: Definition): ResourceType[] {
  const { group, scope, names } = spec;
  return spec.versions
    .filter(({ served }) => served)
    .map(({ name, schema, subresources }) => ({
      group,
      version: name,
      kind: names.kind,
      plural: names.plural,
      namespaced: scope === 'Namespaced',
      status: subresources?.status !== undefined,
      ...behaviourOf(schema.openAPIV3Schema),
    }));
}

/** Answers what a type makes of its objects, from its structural schema. Throws where a rule of CEL does not compile. */
export function behaviourOf(schema: Structural): Pick<ResourceType, 'schema' | 'defaulted' | 'pruned' | 'validate'> {
  const { apiVersion, kind, metadata, ...own } = schema.properties ?? {};
  const body: Structural = { ...schema, properties: own };
  const rules: Rules = new Map(rulesOf(body));
  const node: SchemaNode = nodeOf(body);
  return {
    schema: node,
    defaulted: (object) => withDefaults(body, structuredClone(object)) as JsonObject,
    pruned: (object) => {
      const dropped: string[] = [];
      const kept = withoutUnknown({ schema: body, value: object, path: '', dropped });
      return { object: kept as JsonObject, dropped };
    },
    validate: (object, old) => validateValue({ schema: body, value: object, old, path: '' }, rules),
  };
}

function* rulesOf(schema: Structural): Generator<[Structural, Rule[]]> {
  const sources = schema['x-kubernetes-validations'];
  if (sources !== undefined) yield [schema, sources.map(compileRule)];
  const { properties = {}, additionalProperties, items } = schema;
  for (const inner of [...Object.values(properties), additionalProperties, items])
    if (isObject(inner as Json)) yield* rulesOf(inner as Structural);
}
