/** The errors of the Kubernetes API, worded as `k8s.io/apimachinery/pkg/api/errors` words them. */
import type { Cause, Json, JsonObject, ResourceType } from './types.ts';

/** An error that is answered as an object of kind Status. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: JsonObject | undefined;
  readonly continueToken: string | undefined;

  constructor(
    code: number,
    reason: string,
    message: string,
    more: { details?: JsonObject; continueToken?: string } = {},
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = more.details;
    this.continueToken = more.continueToken;
  }
}

/** Answers the Status of an error. */
export function statusOf(error: ApiError): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: error.continueToken === undefined ? {} : { continue: error.continueToken },
    status: 'Failure',
    message: error.message,
    ...(error.reason === '' ? {} : { reason: error.reason }),
    ...(error.details === undefined ? {} : { details: error.details }),
    code: error.code,
  };
}

/** Writes group and resource as errors do: `clusters.postgresql.cnpg.io`, `secrets`. */
function qualified(group: string, name: string): string {
  return group === '' ? name : `${name}.${group}`;
}

function details(type: ResourceType, name: string): JsonObject {
  return {
    ...(name === '' ? {} : { name }),
    ...(type.group === '' ? {} : { group: type.group }),
    kind: type.plural,
  };
}

export function notFound(type: ResourceType, name: string): ApiError {
  const message = `${qualified(type.group, type.plural)} ${quote(name)} not found`;
  return new ApiError(404, 'NotFound', message, { details: details(type, name) });
}

export function alreadyExists(type: ResourceType, name: string): ApiError {
  const message = `${qualified(type.group, type.plural)} ${quote(name)} already exists`;
  return new ApiError(409, 'AlreadyExists', message, { details: details(type, name) });
}

export function conflict(type: ResourceType, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(type.group, type.plural)} ${quote(name)}: ${why}`;
  return new ApiError(409, 'Conflict', message, { details: details(type, name) });
}

/** The conflict of a precondition of a deletion: it names the kind where other errors name the resource. */
export function preconditionConflict(type: ResourceType, name: string, why: string): ApiError {
  return conflict({ ...type, plural: type.kind }, name, why);
}

export const STALE = 'the object has been modified; please apply your changes to the latest version and try again';

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

/** An error without a reason, as the API answers an error that it did not foresee. */
export function plainError(message: string): ApiError {
  return new ApiError(500, '', message);
}

export function expired(message: string, continueToken?: string): ApiError {
  return new ApiError(410, 'Expired', message, continueToken === undefined ? {} : { continueToken });
}

export function unauthorized(): ApiError {
  return new ApiError(401, 'Unauthorized', 'Unauthorized');
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError(415, 'UnsupportedMediaType', message);
}

export function methodNotAllowed(): ApiError {
  return new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {
    details: {},
  });
}

export function unsupported({ group, plural }: ResourceType, verb: string): ApiError {
  const message = `${verb} is not supported on resources of kind ${quote(qualified(group, plural))}`;
  return new ApiError(405, 'MethodNotAllowed', message, { details: { group, kind: plural } });
}

export function unknownResource(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', { details: {} });
}

/** The 422 of an object, or of the options of a request. */
export function invalid(of: { group: string; kind: string }, name: string, causes: readonly Cause[]): ApiError {
  const lines = [...new Set(causes.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)))];
  const why = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  return new ApiError(422, 'Invalid', `${qualified(of.group, of.kind)} ${quote(name)} is invalid: ${why}`, {
    details: {
      ...(name === '' ? {} : { name }),
      ...(of.group === '' ? {} : { group: of.group }),
      kind: of.kind,
      causes: causes.map(({ reason, message, field }) => ({ reason, message, field })),
    },
  });
}

export const invalidField = (field: string, value: Json, why: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${typeof value === 'string' ? quote(value) : JSON.stringify(value)}: ${why}`,
  field,
});

export const requiredField = (field: string, why = ''): Cause => ({
  reason: 'FieldValueRequired',
  message: why === '' ? 'Required value' : `Required value: ${why}`,
  field,
});

export const forbiddenField = (field: string, why: string): Cause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${why}`,
  field,
});

/** Who wanted to do what; `namespace` is empty at the scope of the cluster. */
export interface Attempt {
  readonly user: string;
  readonly verb: string;
  readonly group: string;
  /** With its subresource, `clusters/status`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** The 403 of an authorizer. */
export function forbidden({ user, verb, group, resource, namespace, name }: Attempt): ApiError {
  const [plural = ''] = resource.split('/');
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${quote(namespace)}`;
  const what = `User ${quote(user)} cannot ${verb} resource ${quote(resource)} in API group ${quote(group)} ${where}`;
  const subject = name === '' ? qualified(group, plural) : `${qualified(group, plural)} ${quote(name)}`;
  return new ApiError(403, 'Forbidden', `${subject} is forbidden: ${what}`, {
    details: { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural },
  });
}

export function quote(text: string): string {
  return JSON.stringify(text);
}
