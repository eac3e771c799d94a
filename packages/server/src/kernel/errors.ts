/** Errors that callers may see. A module declares each once, next to the constraint that proves it. */

/** The statuses of the contract, by tRPC's names where it has one, with their HTTP numbers and titles. */
export const statuses = {
  BAD_REQUEST: { http: 400, title: 'Bad request' },
  UNAUTHORIZED: { http: 401, title: 'Unauthorized' },
  FORBIDDEN: { http: 403, title: 'Forbidden' },
  NOT_FOUND: { http: 404, title: 'Not found' },
  METHOD_NOT_SUPPORTED: { http: 405, title: 'Method not allowed' },
  CONFLICT: { http: 409, title: 'Conflict' },
  GONE: { http: 410, title: 'Gone' },
  PRECONDITION_FAILED: { http: 412, title: 'Precondition failed' },
  PAYLOAD_TOO_LARGE: { http: 413, title: 'Content too large' },
  UNSUPPORTED_MEDIA_TYPE: { http: 415, title: 'Unsupported media type' },
  UNPROCESSABLE_CONTENT: { http: 422, title: 'Unprocessable content' },
  TOO_MANY_REQUESTS: { http: 429, title: 'Too many requests' },
  INTERNAL_SERVER_ERROR: { http: 500, title: 'Internal server error' },
  SERVICE_UNAVAILABLE: { http: 503, title: 'Service unavailable' },
} as const;

export type Status = keyof typeof statuses;

/** A mistake at one place of the input; `pointer` is a JSON pointer (RFC 6901), '' for the whole input. */
export interface InputMistake {
  readonly pointer: string;
  readonly message: string;
  /** Absent: it follows from the route. */
  readonly in?: 'path' | 'query' | 'header' | 'body';
}

export interface ErrorDefinition<Code extends string = string> {
  /** snake_case, unique in the product, stable for ever. */
  readonly code: Code;
  readonly status: Status;
  /** For callers: says what to do, and nothing of the inside. */
  readonly detail: string;
  /** The names of the database constraints whose violation means this error; one alone may stand without a list. */
  readonly constraint?: string | readonly string[];
  /** The field at fault. */
  readonly pointer?: string;
  /** The members of its problem beyond the standard ones, for the document. */
  readonly members?: Readonly<Record<string, MemberSchema>>;
  /** The example that the document shows. */
  readonly example?: ErrorExtras;
}

/** JSON Schema of a member of a problem, with its description. */
export type MemberSchema = Readonly<Record<string, unknown>> & { readonly description: string };

/** The member `holdings`: every refusal to delete something that still has something has it, under the code of its own. */
export const holdingsMember: MemberSchema = {
  type: 'object',
  description:
    'With `tenant_not_archived`, `user_has_holdings` and `service_identity_has_holdings`: how many of each kind would be lost. With `tenant_has_databases` and `group_has_databases`: how many databases are in the way.',
  additionalProperties: { type: 'integer', format: 'int64', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
};

export interface ErrorExtras {
  /** Replaces the definition's sentence. */
  readonly detail?: string;
  readonly errors?: readonly InputMistake[];
  /** Members of the problem beyond the standard ones: `allowed`, `holdings`. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** Of 401: why a credential that was sent is no good, in a word for the audit log. */
  readonly reason?: string;
  /** Of 401: the caller proved that it holds a credential that was once good, so this was no guess. */
  readonly genuine?: boolean;
  /** Seconds, for 429 and 503. */
  readonly retryAfter?: number;
  /** For the log only. */
  readonly cause?: unknown;
}

/** An error that a caller may see. Anything else that is thrown is answered with 500 and silence. */
export class DomainError extends Error {
  readonly definition: ErrorDefinition;
  readonly extras: ErrorExtras;

  constructor(definition: ErrorDefinition, extras: ErrorExtras = {}) {
    super(extras.detail ?? definition.detail, { cause: extras.cause });
    this.name = 'DomainError';
    this.definition = definition;
    this.extras = extras;
  }
}

export type ErrorFactory<Code extends string = string> = ((extras?: ErrorExtras) => DomainError) & {
  readonly definition: ErrorDefinition<Code>;
};

/** Declares one error: `throw slugTaken()` raises it, its constraint maps to it, its code joins the closed enum. */
export function defineError<const Code extends string>(definition: ErrorDefinition<Code>): ErrorFactory<Code> {
  return Object.assign((extras?: ErrorExtras) => new DomainError(definition, extras), { definition });
}

export const kernelErrors = {
  invalidInput: defineError({
    code: 'invalid_input',
    status: 'BAD_REQUEST',
    detail: 'The input does not have the documented shape: see errors.',
    example: { errors: [{ pointer: '/name', in: 'body', message: 'must not be empty' }] },
  }),
  invalidJson: defineError({ code: 'invalid_json', status: 'BAD_REQUEST', detail: 'The body is not valid JSON.' }),
  invalidCursor: defineError({
    code: 'invalid_cursor',
    status: 'BAD_REQUEST',
    detail: 'The cursor is not one that this list gave for these filters: start again without it.',
    pointer: '/cursor',
  }),
  unauthenticated: defineError({
    code: 'unauthenticated',
    status: 'UNAUTHORIZED',
    detail: 'Send a valid credential: Authorization: Bearer …',
  }),
  rateLimited: defineError({
    code: 'rate_limited',
    status: 'TOO_MANY_REQUESTS',
    detail: 'You sent too many requests: wait as long as Retry-After says.',
  }),
  tenantBusy: defineError({
    code: 'tenant_busy',
    status: 'TOO_MANY_REQUESTS',
    detail: 'Your tenant has as much of this work under way as it may have at once: wait as long as Retry-After says.',
  }),
  quotaExceeded: defineError({
    code: 'quota_exceeded',
    status: 'CONFLICT',
    detail: 'The tenant has as many of these in use as it may have: end one that is not needed, or ask the operator.',
    members: {
      quota: {
        type: 'string',
        minLength: 1,
        maxLength: 100,
        pattern: '^[a-z_]{1,100}$',
        description: 'With `quota_exceeded`: the quota, as `GET /v1/limits` names it.',
      },
      limit: {
        type: 'integer',
        format: 'int32',
        minimum: 0,
        maximum: 1_000_000_000,
        description: 'With `quota_exceeded`: how many the tenant may have in use.',
      },
      used: {
        type: 'integer',
        format: 'int32',
        minimum: 0,
        maximum: 1_000_000_000,
        description: 'With `quota_exceeded`: how many the tenant has in use.',
      },
    },
    example: { members: { quota: 'api_keys', limit: 1_000, used: 1_000 } },
  }),
  forbidden: defineError({
    code: 'forbidden',
    status: 'FORBIDDEN',
    detail: 'This credential may not do that.',
    members: {
      permission: {
        type: 'string',
        minLength: 3,
        maxLength: 100,
        pattern: '^[a-z_]+:[a-z_]+$',
        description: 'With `forbidden`: the permission that is missing.',
      },
    },
    example: { detail: 'The permission tenants:write is missing.', members: { permission: 'tenants:write' } },
  }),
  csrfFailed: defineError({
    code: 'csrf_failed',
    status: 'FORBIDDEN',
    detail:
      'The session cookie alone changes nothing: send Origin, and the X-CSRF-Token that GET /v1/auth/session tells.',
  }),
  noUser: defineError({
    code: 'no_user',
    status: 'FORBIDDEN',
    detail: 'This is for a user of a tenant in person: sign in here, or send an access token of yours.',
  }),
  boundToProject: defineError({
    code: 'bound_to_project',
    status: 'FORBIDDEN',
    detail: 'This API key is bound to a project, and what it makes must lie in that project.',
  }),
  notFound: defineError({
    code: 'not_found',
    status: 'NOT_FOUND',
    detail: 'The resource does not exist, or it belongs to another tenant.',
  }),
  routeNotFound: defineError({
    code: 'route_not_found',
    status: 'NOT_FOUND',
    detail: 'There is no such path: see /openapi.json.',
  }),
  methodNotAllowed: defineError({
    code: 'method_not_allowed',
    status: 'METHOD_NOT_SUPPORTED',
    detail: 'This path does not answer that method: see the Allow header.',
  }),
  illegalTransition: defineError({
    code: 'illegal_transition',
    status: 'CONFLICT',
    detail: 'That step cannot be taken in the present state: see allowed.',
    members: {
      allowed: {
        type: 'array',
        minItems: 0,
        maxItems: 10,
        description: 'With `illegal_transition`: the steps that can be taken in the present state.',
        items: {
          type: 'string',
          minLength: 0,
          maxLength: 50,
          pattern: '^[^\\x00]*$',
          description: 'A step of the lifecycle: the last segment of its path.',
        },
      },
    },
    example: { members: { allowed: ['activate', 'archive'] } },
  }),
  preconditionFailed: defineError({
    code: 'precondition_failed',
    status: 'PRECONDITION_FAILED',
    detail: 'If-Match names another version: read the resource again, then repeat the change.',
  }),
  bodyTooLarge: defineError({
    code: 'body_too_large',
    status: 'PAYLOAD_TOO_LARGE',
    detail: 'The body is larger than this operation accepts.',
  }),
  unsupportedMediaType: defineError({
    code: 'unsupported_media_type',
    status: 'UNSUPPORTED_MEDIA_TYPE',
    detail: 'Send the body as application/json.',
  }),
  overloaded: defineError({
    code: 'overloaded',
    status: 'SERVICE_UNAVAILABLE',
    detail: 'The registry is overloaded: try again.',
  }),
  unavailable: defineError({
    code: 'unavailable',
    status: 'SERVICE_UNAVAILABLE',
    detail: 'The database cannot be reached: try again.',
  }),
  secretsKeyMissing: defineError({
    code: 'secrets_key_missing',
    status: 'SERVICE_UNAVAILABLE',
    detail: 'The registry has no key for secrets: its operator has to set SECRETS_KEY.',
  }),
  internal: defineError({
    code: 'internal',
    status: 'INTERNAL_SERVER_ERROR',
    detail: 'The registry failed. The request id finds the cause in its log.',
  }),
} as const;

/** The error of a request whose answer was not there in time. What it was doing is given up before it is committed. */
export function tooLate(): DomainError {
  return kernelErrors.overloaded({ detail: 'The request took too long and was given up: try again.', retryAfter: 1 });
}

/** The error of a caller that lacks the permission. */
export function missingPermission(permission: string): DomainError {
  return kernelErrors.forbidden({ detail: `The permission ${permission} is missing.`, members: { permission } });
}

export type ErrorSet = Readonly<Record<string, ErrorFactory>>;
/** The codes of an error set. */
export type CodeOf<S extends ErrorSet> = S[keyof S]['definition']['code'];
