/** The OpenAPI 3.1 document, read off the router: every mounted operation, its shapes, and every problem it can give. */
import { z } from 'zod';
import { type ErrorFactory, kernelErrors, statuses } from '../kernel/errors.ts';
import { idempotencyErrors } from '../kernel/idempotency.ts';
import { type Permission, type Role, rolePermissions } from '../kernel/permissions.ts';
import { errorSets } from '../router.ts';
import { BODY_BYTES_MAX } from './limits.ts';
import { listOperations, type Operation } from './operations.ts';

type Json = Record<string, unknown>;

/** Returns the document. Equal routers give equal documents. */
export function openapiDocument(): Json {
  const components = new Components();
  const operations = listOperations();
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const { path, method } = operation.route;
    paths[path] = { ...paths[path], [method.toLowerCase()]: describeOperation(operation, components) };
  }
  const tags = [...new Set(operations.map(({ route }) => route.tag))].map((name) => ({
    name,
    description: tagDescriptions[name] ?? name,
  }));
  return {
    openapi: '3.1.0',
    info: {
      title: 'tenant-registry',
      version: '1.0.0',
      description: 'Who the tenants are, what each may use, which API keys work, and everything that ever happened.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      contact: { name: 'tenant-registry', url: 'https://github.com/tenant-registry/tenant-registry' },
    },
    servers: [{ url: '/', description: 'This registry' }],
    tags,
    paths,
    components: {
      securitySchemes: {
        operatorToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of the operator: everything but `/v1/internal`.',
        },
        internalToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of a product or gateway: `/v1/internal`, and appending to the audit log.',
        },
      },
      schemas: { Problem: problemSchema(), ...components.schemas },
      responses: problemResponses(),
    },
  };
}

const tagDescriptions: Readonly<Record<string, string>> = {
  Tenants: 'The companies that use the products, and where in their life they stand.',
  Projects: 'The parts of a tenant that products work in.',
  Catalog: 'The products that can be asked for, and what came of it.',
  Entitlements: 'Which products a tenant may use, on what terms, until when.',
  'SSO configuration': 'The identity providers through which people of a tenant sign in.',
  'API keys': 'Keys that programs of a tenant present to products.',
  Audit: 'What happened, who did it and to what. Rows are added and read, never changed.',
  Internal: 'For products and gateways, with the internal token.',
};

/** Turns zod schemas into JSON Schema and gathers the named ones. */
class Components {
  readonly schemas: Record<string, unknown> = {};

  of(schema: z.ZodType, io: 'input' | 'output'): Json {
    const { $schema: _, $defs = {}, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
    for (const [name, definition] of Object.entries($defs)) this.schemas[name] = hoisted(definition);
    return hoisted(json);
  }
}

/** References to local definitions become references to components, and a named schema loses its redundant `id`. */
function hoisted<T>(value: T): T {
  const text = JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { id: _, ...json } = JSON.parse(text);
  return json;
}

function describeOperation(operation: Operation, components: Components): Json {
  const { route, permission, hasBody } = operation;
  const input = components.of(operation.input, 'input');
  return {
    operationId: route.operation,
    tags: [route.tag],
    summary: route.summary,
    description: `${route.description}\n\nRequires the permission \`${permission}\`.`,
    security: tokensFor(permission).map((token) => ({ [token]: [] })),
    ...parametersOf(operation, input),
    ...(hasBody ? { requestBody: bodyOf(operation, input) } : {}),
    responses: responsesOf(operation, components),
  };
}

const tokens = { operator: 'operatorToken', internal: 'internalToken' } as const satisfies Record<Role, string>;

function tokensFor(permission: Permission): string[] {
  const held = Object.entries(rolePermissions) as [Role, readonly Permission[]][]; // Object.entries forgets the key type
  return held.filter(([, permissions]) => permissions.includes(permission)).map(([role]) => tokens[role]);
}

function parametersOf({ route, pathFields, otherFields, hasBody, safe }: Operation, input: Json): Json {
  const properties = (input['properties'] ?? {}) as Record<string, Json>;
  const required = new Set((input['required'] ?? []) as string[]);
  const parameter = (name: string, where: 'path' | 'query') => {
    const { description, ...schema } = properties[name] ?? {};
    return {
      name,
      in: where,
      required: where === 'path' || required.has(name),
      ...(description ? { description } : {}),
      schema,
    };
  };
  const parameters: Json[] = pathFields.map((name) => parameter(name, 'path'));
  if (!hasBody) parameters.push(...otherFields.map((name) => parameter(name, 'query')));
  if (route.method === 'POST' && !safe) {
    const description = 'Makes the request safe to repeat for 24 hours: a repetition gets the first answer.';
    parameters.push({
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description,
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    });
  }
  if (acceptsIfMatch(route)) {
    const description = 'The ETag of the version that the change was made for; another version gives 412.';
    parameters.push({ name: 'If-Match', in: 'header', required: false, description, schema: { type: 'string' } });
  }
  return parameters.length === 0 ? {} : { parameters };
}

function acceptsIfMatch({ method, etag, path }: Operation['route']): boolean {
  return etag === true && method !== 'GET' && (method === 'PUT' || path.includes('{'));
}

function bodyOf({ pathFields, otherFields, route: { bodyBytesMax } }: Operation, input: Json): Json {
  const properties = (input['properties'] ?? {}) as Json;
  const required = ((input['required'] ?? []) as string[]).filter((field) => !pathFields.includes(field));
  const schema = {
    type: 'object',
    properties: Object.fromEntries(otherFields.map((field) => [field, properties[field]])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
  const description = `At most ${(bodyBytesMax ?? BODY_BYTES_MAX) / 1024} KiB.`;
  return { description, required: required.length > 0, content: { 'application/json': { schema } } };
}

function responsesOf({ route, output, input, hasBody, pathFields, safe }: Operation, components: Components): Json {
  const { status = 200, etag, location, errors = [], stream } = route;
  const replays = route.method === 'POST' && !safe;
  const headers = {
    'X-Request-Id': { description: 'Names this request in logs and audit rows.', schema: { type: 'string' } },
    ...(etag ? { ETag: { description: 'The version of the resource.', schema: { type: 'string' } } } : {}),
    ...(replays
      ? {
          'Idempotency-Replayed': {
            description: '`true` when this is the stored answer of an earlier request.',
            schema: { type: 'string', enum: ['true'] },
          },
        }
      : {}),
    ...(location ? { Location: { description: 'Where the resource is.', schema: { type: 'string' } } } : {}),
  };
  const content = status === 204 ? {} : { content: contentOf(stream, () => components.of(output, 'output')) };
  const mayMiss = pathFields.length > 0 || 'tenant_id' in input.shape;
  const general: ErrorFactory[] = [
    kernelErrors.invalidInput,
    kernelErrors.unauthenticated,
    kernelErrors.forbidden,
    ...(mayMiss ? [kernelErrors.notFound] : []),
    ...(acceptsIfMatch(route) ? [kernelErrors.preconditionFailed] : []),
    ...(replays ? [idempotencyErrors.inFlight, idempotencyErrors.reused] : []),
    ...(hasBody ? [kernelErrors.bodyTooLarge, kernelErrors.unsupportedMediaType] : []),
    kernelErrors.internal,
    kernelErrors.unavailable,
  ];
  const problems = [...general, ...errors].map(({ definition }) => statuses[definition.status].http);
  return {
    [status]: {
      description: status === 204 ? 'Done.' : status === 201 ? 'Created.' : 'The answer.',
      headers,
      ...content,
    },
    ...Object.fromEntries(
      [...new Set(problems)].sort().map((each) => [each, { $ref: `#/components/responses/Problem${each}` }]),
    ),
  };
}

function contentOf(stream: readonly string[] | undefined, schema: () => Json): Json {
  if (stream === undefined) return { 'application/json': { schema: schema() } };
  return Object.fromEntries(stream.map((mediaType) => [mediaType, { schema: { type: 'string' } }]));
}

function allDefinitions() {
  return errorSets.flatMap((set) => Object.values(set)).map(({ definition }) => definition);
}

function problemSchema(): Json {
  return {
    type: 'object',
    description: 'What went wrong (RFC 9457). `code` is what programs decide by.',
    required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
    properties: {
      type: { type: 'string', format: 'uri', description: 'Stable name of the kind of problem.' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string', description: 'What happened and what to do, for people.' },
      instance: { type: 'string', description: 'The request id.' },
      code: { type: 'string', enum: allDefinitions().map(({ code }) => code) },
      errors: {
        type: 'array',
        description: 'What is wrong with the input, field by field.',
        items: {
          type: 'object',
          required: ['pointer', 'message'],
          properties: {
            pointer: { type: 'string', description: 'JSON pointer (RFC 6901) into the input.' },
            message: { type: 'string' },
          },
        },
      },
    },
    additionalProperties: true,
  };
}

function problemResponses(): Json {
  const byStatus = Map.groupBy(allDefinitions(), ({ status }) => status);
  const entries = [...byStatus].map(([status, definitions]) => {
    const { http, title } = statuses[status];
    const description = `${title}: ${definitions.map(({ code }) => `\`${code}\``).join(', ')}.`;
    return [
      `Problem${http}`,
      { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
    ];
  });
  return Object.fromEntries(entries);
}
