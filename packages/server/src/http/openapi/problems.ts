/** The problems in the document: one schema, one response for each status, one example for each code. */

import { toProblem } from '../../kernel/errors/problem.ts';
import { DomainError, type ErrorFactory, kernelErrors, statuses } from '../../kernel/errors.ts';
import { idempotencyErrors } from '../../kernel/idempotency.ts';
import { errorSets } from '../../modules.ts';
import type { Operation } from '../operations.ts';
import type { Json } from './json.ts';
import { opened, withKnownValues } from './open-enums.ts';
import { acceptsIfMatch, replays } from './operation-kinds.ts';

const REQUEST_ID = '0192f0c1-8a44-7b1f-a3c2-5d7e9f1b2a34';

function allDefinitions() {
  return errorSets.flatMap((set) => Object.values(set)).map(({ definition }) => definition);
}

/** Returns what an operation can fail with: what every one can, and what is its own. */
function problemsOf(operation: Operation): ErrorFactory[] {
  const { route, input, hasBody, pathFields, permission } = operation;
  const mayMiss = pathFields.length > 0 || 'tenant_id' in input.shape;
  return [
    kernelErrors.invalidInput,
    kernelErrors.unauthenticated,
    ...(permission === null ? [] : [kernelErrors.forbidden]),
    ...(mayMiss ? [kernelErrors.notFound] : []),
    ...(acceptsIfMatch(operation) ? [kernelErrors.preconditionFailed] : []),
    ...(replays(operation) ? [idempotencyErrors.inFlight, idempotencyErrors.reused] : []),
    ...(hasBody ? [kernelErrors.bodyTooLarge, kernelErrors.unsupportedMediaType] : []),
    kernelErrors.rateLimited,
    kernelErrors.tenantBusy,
    kernelErrors.internal,
    kernelErrors.unavailable,
    kernelErrors.overloaded,
    ...(route.errors ?? []),
  ];
}

/** Returns the references to the responses of an operation's problems, by status. */
export function problemReferences(operation: Operation): Json {
  const numbers = problemsOf(operation).map(({ definition }) => statuses[definition.status].http);
  const each = [...new Set(numbers)].sort().map((http) => [http, { $ref: `#/components/responses/Problem${http}` }]);
  return Object.fromEntries(each);
}

/** Returns the responses of the statuses that the operations use, each with the headers that it carries. */
export function problemResponses(operations: readonly Operation[]): Json {
  const used = new Set(
    operations.flatMap((operation) => problemsOf(operation).map(({ definition }) => definition.status)),
  );
  const byStatus = Map.groupBy(allDefinitions(), ({ status }) => status);
  const entries = [...byStatus]
    .filter(([status]) => used.has(status))
    .sort(([a], [b]) => statuses[a].http - statuses[b].http)
    .map(([status, definitions]) => {
      const { http, title } = statuses[status];
      const examples = definitions.map((definition) => [
        definition.code,
        { value: toProblem(new DomainError(definition, definition.example), REQUEST_ID) },
      ]);
      const content = { schema: { $ref: '#/components/schemas/Problem' }, examples: Object.fromEntries(examples) };
      const description = `${title}: ${definitions.map(({ code }) => `\`${code}\``).join(', ')}.`;
      const response = { description, headers: headersOf(http), content: { 'application/problem+json': content } };
      return [`Problem${http}`, response];
    });
  return Object.fromEntries(entries);
}

const rateLimitHeaders = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'];

function headersOf(http: number): Json {
  const header = (name: string) => ({ $ref: `#/components/headers/${name}` });
  return {
    'X-Request-Id': header('RequestId'),
    ...(http === 401 ? { 'WWW-Authenticate': header('WwwAuthenticate') } : {}),
    ...(http === 429 ? Object.fromEntries(rateLimitHeaders.map((name) => [name, header(name)])) : {}),
    ...(http === 409 || http === 429 || http === 503 ? { 'Retry-After': header('RetryAfter') } : {}),
  };
}

/** Returns the one sentence that names the codes beyond those of every operation, nothing when there are none. */
export function ownProblems({ route: { errors = [] } }: Operation): string | undefined {
  if (errors.length === 0) return undefined;
  const codes = errors.map(({ definition: { code, status } }) => `\`${code}\` (${statuses[status].http})`);
  return `Problems of its own: ${codes.join(', ')}.`;
}

const REQUEST_ID_SCHEMA = { type: 'string', minLength: 1, maxLength: 128, pattern: '^[A-Za-z0-9._:-]{1,128}$' };
const text = (description: string, maxLength: number) => ({
  type: 'string',
  minLength: 0,
  maxLength,
  pattern: '^[^\\x00]*$',
  description,
});

/** Text that may repeat what was sent, whatever that was. */
const echo = (description: string) => ({ type: 'string', minLength: 0, description });

/** The schemas of a problem (RFC 9457) and of what is inside it. */
export function problemSchemas(): Record<string, Json> {
  return {
    Problem: {
      type: 'object',
      description: 'What went wrong (RFC 9457). `code` is what programs decide by.',
      required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
      properties: {
        type: {
          type: 'string',
          minLength: 1,
          maxLength: 200,
          pattern: '^urn:tenant-registry:problem:[a-z0-9_]+$',
          description: 'Stable name (a URI) of the kind of problem: it ends in the code.',
        },
        title: text('What the status means.', 100),
        status: {
          type: 'integer',
          format: 'int32',
          minimum: 400,
          maximum: 599,
          description: 'The status of the answer.',
        },
        detail: text('What happened and what to do, for people.', 1000),
        instance: { ...REQUEST_ID_SCHEMA, description: 'The request id: what to name when asking for help.' },
        code: { $ref: '#/components/schemas/ProblemCode' },
        errors: {
          type: 'array',
          minItems: 1,
          maxItems: 1000,
          description: 'What is wrong with the input, field by field.',
          items: { $ref: '#/components/schemas/ProblemError' },
        },
        ...Object.assign({}, ...allDefinitions().map(({ members }) => members)),
      },
    },
    ProblemCode: withKnownValues(
      opened({
        type: 'string',
        enum: allDefinitions().map(({ code }) => code),
        description: 'The kind of problem. No code is ever removed or given another meaning.',
      }),
    ),
    ProblemError: {
      type: 'object',
      description: 'What is wrong with one place of the input.',
      required: ['pointer', 'message'],
      properties: {
        pointer: echo('JSON pointer (RFC 6901) into the input; empty for the whole of it.'),
        message: echo('What is wrong, for people.'),
      },
    },
  };
}
