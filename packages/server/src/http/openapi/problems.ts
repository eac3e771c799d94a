/** The problems that an operation answers with: a response for each status, with its own codes and an example of each. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { placed } from '../../kernel/errors/input-place.ts';
import { inputMistakes } from '../../kernel/errors/input-texts.ts';
import { toProblem } from '../../kernel/errors/problem.ts';
import {
  DomainError,
  type ErrorFactory,
  kernelErrors,
  missingPermission,
  type Status,
  statuses,
} from '../../kernel/errors.ts';
import { idempotencyErrors } from '../../kernel/idempotency.ts';
import { credentialErrors, grants } from '../../modules.ts';
import type { Operation } from '../operations.ts';
import type { Json } from './json.ts';
import { acceptsIfMatch, replays } from './operation-kinds.ts';

const noMistake = new z.ZodError([]);
const REQUEST_ID = '0192f0c1-8a44-7b1f-a3c2-5d7e9f1b2a34';

/** Returns the errors of an operation: those that follow from its kind, and those that its route declares. */
function problemsOf(operation: Operation): ErrorFactory[] {
  const { route, input, hasBody, pathFields, permission, isPublic, isPersonal } = operation;
  const { shape } = input;
  const mayMiss = pathFields.length > 0 || 'tenant_id' in shape;
  const { invalidKey, inFlight, outcomeLost, reused } = idempotencyErrors;
  return [
    kernelErrors.invalidInput,
    ...('cursor' in shape ? [kernelErrors.invalidCursor] : []),
    ...(isPublic ? [] : [kernelErrors.unauthenticated]),
    ...(isPublic || operation.type === 'query' ? [] : [kernelErrors.csrfFailed]),
    ...(permission === null ? [] : [kernelErrors.forbidden]),
    ...(isPersonal ? [kernelErrors.noUser] : []),
    ...(mayMiss ? [kernelErrors.notFound] : []),
    ...(acceptsIfMatch(operation) ? [kernelErrors.preconditionFailed] : []),
    ...(replays(operation) ? [invalidKey, inFlight, outcomeLost, reused] : []),
    ...(hasBody ? [kernelErrors.invalidJson, kernelErrors.bodyTooLarge, kernelErrors.unsupportedMediaType] : []),
    kernelErrors.rateLimited,
    ...(takesKeys(operation) ? credentialErrors : []),
    ...(isPublic ? [] : [kernelErrors.tenantBusy]),
    kernelErrors.internal,
    kernelErrors.unavailable,
    kernelErrors.overloaded,
    ...(route.errors ?? []),
  ];
}

/** Tells whether an API key can be the credential of a request. */
function takesKeys({ permission, isPublic }: Operation): boolean {
  if (isPublic) return false;
  return permission === null || grants.byKeys.includes(permission);
}

/** Makes the error of a definition, as the caller of an operation would get it. */
type MakeExample = (definition: ErrorFactory['definition']) => DomainError;

const plainExample: MakeExample = (definition) => new DomainError(definition, definition.example);

function exampleError(operation: Operation, definition: ErrorFactory['definition']): DomainError {
  switch (definition) {
    case kernelErrors.invalidInput.definition:
      return wrongInput(operation);
    case kernelErrors.forbidden.definition:
      return operation.permission === null ? kernelErrors.forbidden() : missingPermission(operation.permission);
    default:
      return plainExample(definition);
  }
}

/** Returns the server's words on a missing field; on a wrong path where no field is required, on an unknown field where nothing can be wrong. */
function wrongInput({ input, pathFields }: Operation): DomainError {
  const inPath = (text: string) => Object.fromEntries(pathFields.map((field) => [field, text]));
  const inputs = [inPath('0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0'), inPath('No Id'), { colour: 'red' }];
  const mistakes = inputs.map((given) => inputMistakes(input.safeParse(given).error ?? noMistake, given));
  return kernelErrors.invalidInput({ errors: mistakes.find(({ length }) => length > 0)?.slice(0, 1) ?? [] });
}

/** Returns the responses by status: in place where an operation has codes or an example of its own, else by reference. */
export function problemAnswers(operation: Operation): Json {
  const answers = byStatus(problemsOf(operation)).map(([status, errors]) => {
    const answer = isShared(operation, status)
      ? { $ref: `#/components/responses/${sharedName(operation, status)}` }
      : responseOf(status, errors, (definition) => placed(exampleError(operation, definition), operation.route));
    return [statuses[status].http, answer];
  });
  return Object.fromEntries(answers);
}

/** Returns the responses of an operation that is no procedure, by status, in place. */
export function answersFor(errors: readonly ErrorFactory[]): Json {
  const answers = byStatus(errors).map(([status, each]) => [
    statuses[status].http,
    responseOf(status, each, plainExample),
  ]);
  return Object.fromEntries(answers);
}

/** Returns the responses that operations refer to. Throws when two operations mean different ones by one name. */
export function sharedResponses(operations: readonly Operation[]): Json {
  const responses = new Map<string, Json>();
  for (const operation of operations) {
    for (const [status, errors] of byStatus(problemsOf(operation)).filter(([each]) => isShared(operation, each))) {
      const name = sharedName(operation, status);
      const response = responseOf(status, errors, plainExample);
      const known = responses.get(name);
      if (known !== undefined && !isDeepStrictEqual(known, response))
        throw new Error(`two responses are named ${name}`);
      responses.set(name, response);
    }
  }
  return Object.fromEntries([...responses].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Operations that take API keys share the responses to which keys add an error; public ones know no tenant that could be busy. */
function sharedName(operation: Operation, status: Status): string {
  if (operation.isPublic && status === 'TOO_MANY_REQUESTS') return `PublicProblem${statuses[status].http}`;
  const adds = takesKeys(operation) && credentialErrors.some(({ definition }) => definition.status === status);
  return `${adds ? 'Key' : ''}Problem${statuses[status].http}`;
}

function byStatus(all: readonly ErrorFactory[]): [Status, ErrorFactory[]][] {
  const errors = new Map(all.map((error) => [error.definition.code, error]));
  const grouped = Map.groupBy(errors.values(), ({ definition }) => definition.status);
  return [...grouped].sort(([a], [b]) => statuses[a].http - statuses[b].http);
}

/** Equal for every operation that has it: the wrong field and the missing permission are not, nor are declared errors. */
function isShared({ route: { errors = [] } }: Operation, status: Status): boolean {
  if (status === 'BAD_REQUEST' || status === 'FORBIDDEN') return false;
  return !errors.some(({ definition }) => definition.status === status);
}

function responseOf(status: Status, errors: readonly ErrorFactory[], example: MakeExample): Json {
  const { http, title } = statuses[status];
  const codes = errors.map(({ definition: { code } }) => code);
  const examples = errors.map((error) => [
    error.definition.code,
    { value: toProblem(example(error.definition), REQUEST_ID) },
  ]);
  const content = { schema: { $ref: '#/components/schemas/Problem' }, examples: Object.fromEntries(examples) };
  return {
    description: `${title}: ${codes.map((code) => `\`${code}\``).join(', ')}.`,
    headers: headersOf(http),
    content: { 'application/problem+json': content },
  };
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
