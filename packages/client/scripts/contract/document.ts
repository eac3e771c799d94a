/** Reads the operations and events of the manifest out of the OpenAPI document. */
import { operationIn, type Tree } from '../manifest.ts';
import { nameIn, type Schema, type Schemas } from './schema.ts';

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks: Readonly<Record<string, { readonly post: Operation }>>;
  readonly components: { readonly schemas: Schemas };
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Body;
  readonly responses: Readonly<Record<string, Body>>;
}

/** The parameters that several operations share are headers, which are no input of the SDK. */
type Parameter =
  | { readonly $ref: string }
  | {
      readonly name: string;
      readonly in: string;
      readonly required?: boolean;
      readonly description?: string;
      readonly schema: Schema;
    };

interface Body {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

export type Verb = 'GET' | 'LIST' | 'SAFE' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'EXPORT' | 'FEED' | 'EVENTS';

/** An operation as the SDK has it. */
export interface SdkOperation {
  /** As in `client.tenants.create`. */
  readonly name: string;
  readonly verb: Verb;
  readonly text: string;
  readonly inputName: string;
  /** Fields of the path, the query and the body together. */
  readonly input: Schema;
  /** The name of the output, or of what the lines of an export hold; undefined: the document names none. */
  readonly output: string | undefined;
}

export interface SdkGroup {
  readonly name: string;
  readonly operations: readonly SdkOperation[];
}

const methods: Readonly<Partial<Record<string, string>>> = {
  LIST: 'get',
  SAFE: 'post',
  EXPORT: 'get',
  FEED: 'get',
  EVENTS: 'get',
};

/** What a line of an export holds: the document describes an export as text. */
const items: Readonly<Partial<Record<string, string>>> = {
  export_audit_events: 'AuditEvent',
  export_configs: 'ConfigImportItem',
};

/** Returns the groups of the manifest with what the document says of their operations. */
export function groupsOf(document: OpenApiDocument, manifest: Tree): SdkGroup[] {
  return Object.entries(manifest).map(([name, operations]) => ({
    name,
    operations: Object.entries(operations).map(([each, kind]) => readOperation(document, `${name}.${each}`, kind)),
  }));
}

function readOperation(document: OpenApiDocument, path: string, kind: string | Tree): SdkOperation {
  const { verb, route } = operationIn(kind);
  const operation = document.paths[route]?.[methods[verb] ?? verb.toLowerCase()];
  if (operation === undefined) throw new Error(`the document lacks ${path}: run "npm run openapi" first`);
  const { operationId, summary, description } = operation;
  return {
    name: path.slice(path.indexOf('.') + 1),
    verb: verb as Verb, // the manifest has no other
    text: `${summary}.\n\n${description}`,
    inputName: `${pascal(operationId)}Input`,
    input: { description: `The input of \`client.${path}\`.`, ...inputOf(document, operation) },
    output: items[operationId] ?? outputOf(operation),
  };
}

function inputOf({ components }: OpenApiDocument, { parameters = [], requestBody }: Operation): Schema {
  const { $ref, ...rest } = requestBody?.content?.['application/json']?.schema ?? {};
  const body = $ref === undefined ? rest : (components.schemas[nameIn($ref)] ?? {});
  const own = parameters.flatMap((each) => ('$ref' in each || each.in === 'header' ? [] : [each]));
  const fields = own.map(({ name, schema, description = schema.description }) => [
    name,
    description === undefined ? schema : { ...schema, description },
  ]);
  const needed = own.filter(({ required }) => required === true).map(({ name }) => name);
  return {
    properties: { ...Object.fromEntries(fields), ...body.properties },
    required: [...needed, ...(body.required ?? [])],
  };
}

function outputOf({ operationId, responses }: Operation): string | undefined {
  const [, success] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? [];
  const schema = success?.content?.['application/json']?.schema;
  if (schema !== undefined && schema.$ref === undefined) throw new Error(`the output of ${operationId} has no name`);
  return schema?.$ref === undefined ? undefined : nameIn(schema.$ref);
}

/** Returns the names of the schemas of events, by type. */
export function eventsIn({ webhooks }: OpenApiDocument): Map<string, string> {
  const entries = Object.entries(webhooks).map(([type, { post }]) => {
    const reference = post.requestBody?.content?.['application/json']?.schema?.$ref;
    if (reference === undefined) throw new Error(`the event ${type} has no schema with a name`);
    return [type, nameIn(reference)] as const;
  });
  return new Map(entries);
}

/** `create_tenant` becomes `CreateTenant`, and `apiKeys` becomes `ApiKeys`. */
export function pascal(name: string): string {
  return name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** `apiKeys` and `api_key` become `api-keys` and `api-key`. */
export function kebab(name: string): string {
  return name.replace(/_/g, '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
