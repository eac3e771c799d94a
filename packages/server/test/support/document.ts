/** Holds every answer of the test suite against the OpenAPI document. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formatsPlugin from 'ajv-formats';
import { openapiDocument } from '../../src/http/openapi.ts';
import type { Answer } from './server.ts';

interface Response_ {
  $ref?: string;
  content?: Record<string, { readonly examples?: Readonly<Record<string, unknown>> }>;
}
type Document = {
  components: { responses: Record<string, Response_> };
  paths: Record<string, Record<string, { responses: Record<string, Response_> }>>;
};

const ajv = new Ajv2020({ strict: false, allErrors: true });
formatsPlugin.default(ajv);
const document = openapiDocument() as Document & Record<string, unknown>;
ajv.addSchema(closed({ ...document, $id: 'openapi' }));
const validators = new Map<string, ValidateFunction>();

const templates = Object.keys(document.paths).map((template) => ({
  template,
  pattern: new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`),
}));

/** Throws when an answer to a documented operation is not one that the document describes. */
export function checkAgainstDocument(method: string, path: string, { status, headers, body }: Answer): void {
  const bare = path.split('?')[0] ?? '';
  // A literal path wins over a template, as in the router.
  const template =
    document.paths[bare] === undefined ? templates.find(({ pattern }) => pattern.test(bare))?.template : bare;
  const operation = template === undefined ? undefined : document.paths[template]?.[method.toLowerCase()];
  if (template === undefined || operation === undefined) return;
  const name = `${method} ${template} ${status}`;
  const response = operation.responses[String(status)];
  if (response === undefined) throw new Error(`${name} is not documented: ${JSON.stringify(body)}`);
  const [mediaType = ''] = (headers.get('content-type') ?? '').split(';');
  const pointer = response.$ref ?? `#/paths/${escapeSegment(template)}/${method.toLowerCase()}/responses/${status}`;
  if (response.$ref === undefined && response.content === undefined) {
    if (body !== null) throw new Error(`${name} is documented without a body`);
    return;
  }
  const schemaPointer = `openapi${pointer}/content/${escapeSegment(mediaType)}/schema`;
  let validate = validators.get(schemaPointer);
  if (validate === undefined) {
    validate = ajv.compile({ $ref: schemaPointer });
    validators.set(schemaPointer, validate);
  }
  const codes = codesOf(response);
  if (status >= 400 && !codes.includes(body.code)) throw new Error(`${name} does not list the code ${body.code}`);
  if (!validate(body)) throw new Error(`${name} differs from the document: ${ajv.errorsText(validate.errors)}`);
}

/** The codes of problems that the answer of an operation lists. */
function codesOf({ $ref, content }: Response_): readonly string[] {
  const shared = $ref === undefined ? undefined : document.components.responses[$ref.split('/').at(-1) ?? ''];
  return Object.values(content ?? shared?.content ?? {}).flatMap(({ examples = {} }) => Object.keys(examples));
}

/**
 * Returns the document with every object closed. To callers the document promises only that answers may gain members;
 * the test suite accepts no member that is not documented.
 */
function closed<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(closed) as Value; // of what it was
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([name, inside]) => [name, closed(inside)])) as Value; // likewise
  const { type, properties } = value as { readonly type?: unknown; readonly properties?: unknown }; // any object may have them
  return type === 'object' && typeof properties === 'object' ? { additionalProperties: false, ...copy } : copy;
}

function escapeSegment(segment: string): string {
  return encodeURIComponent(segment.replaceAll('~', '~0').replaceAll('/', '~1'));
}
