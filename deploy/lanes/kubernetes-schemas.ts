/**
 * Writes JSON Schemas of Kubernetes' own kinds, as kubeconform reads them, from the OpenAPI document that lies in the Go
 * module k8s.io/kubernetes: `node kubernetes-schemas.ts FOLDER`. Unknown fields are refused.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const KUBERNETES = '1.34.2';

/** What is read of a definition in the document, and written as JSON Schema. */
interface Definition {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly items?: Definition;
  readonly properties?: Definitions;
  readonly additionalProperties?: Definition | boolean;
  readonly 'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[];
}
type Definitions = Readonly<Record<string, Definition>>;

/** Writes the schemas into the folder, where they are missing; returns the folder. */
export function kubernetesSchemas(folder: string): string {
  const done = join(folder, `complete-${KUBERNETES}`);
  if (existsSync(done)) return folder;
  mkdirSync(folder, { recursive: true });
  const { definitions }: { definitions: Definitions } = JSON.parse(
    readFileSync(join(moduleFolder(), 'api/openapi-spec/swagger.json'), 'utf8'),
  );
  for (const [name, definition] of Object.entries(definitions)) {
    for (const { group, version, kind } of definition['x-kubernetes-group-version-kind'] ?? []) {
      // A list of objects, or what is recursive and no manifest of ours has.
      if (kind.endsWith('List') || group === 'apiextensions.k8s.io') continue;
      const suffix = [group.split('.')[0], version].filter(Boolean).join('-');
      const schema = inlined({ $ref: `#/definitions/${name}` }, definitions, []);
      writeFileSync(join(folder, `${kind}-${suffix}.json`.toLowerCase()), JSON.stringify(schema));
    }
  }
  writeFileSync(done, '');
  return folder;
}

function moduleFolder(): string {
  // In a folder without a module of its own, so that no go.mod is asked.
  const options = { cwd: tmpdir(), encoding: 'utf8', stdio: 'pipe' } as const;
  return JSON.parse(execFileSync('go', ['mod', 'download', '-json', `k8s.io/kubernetes@v${KUBERNETES}`], options)).Dir;
}

function inlined(schema: Definition, definitions: Definitions, path: readonly string[]): Definition {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice('#/definitions/'.length);
    if (name.endsWith('.IntOrString')) return { type: ['string', 'integer'] };
    if (name.endsWith('.Quantity')) return { type: ['string', 'number'] };
    if (path.includes(name)) return {};
    return inlined(definitions[name] ?? {}, definitions, [...path, name]);
  }
  const { type, properties, required, items, additionalProperties, enum: values } = schema;
  const inner = (each: Definition) => inlined(each, definitions, path);
  return {
    ...(type && { type }),
    ...(values && { enum: values }),
    ...(required && { required }),
    ...(items && { items: inner(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, inner(value)])),
      additionalProperties: false,
    }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: inner(additionalProperties) }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) {
    console.error('usage: node kubernetes-schemas.ts FOLDER');
    process.exit(2);
  }
  console.log(kubernetesSchemas(folder));
}
