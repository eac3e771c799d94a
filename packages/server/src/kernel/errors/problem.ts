/** RFC 9457 problem details: the one form in which an error leaves, on REST and on tRPC. */
import { type DomainError, type InputMistake, statuses } from '../errors.ts';

export interface Problem {
  /** Stable URI of the kind of problem. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The request id, as a URN-like path: what to name when asking for help. */
  readonly instance: string;
  readonly code: string;
  readonly errors?: readonly InputMistake[];
  readonly [member: string]: unknown;
}

/** Returns the URI of a code; it never changes. */
function problemType(code: string): string {
  return `urn:tenant-registry:problem:${code}`;
}

/** Returns the problem that tells a caller of the error: no stack, no SQL, no cause. */
export function toProblem(error: DomainError, requestId: string): Problem {
  const { code, status, pointer } = error.definition;
  const errors = error.extras.errors ?? (pointer === undefined ? undefined : [{ pointer, message: error.message }]);
  return {
    type: problemType(code),
    title: statuses[status].title,
    status: statuses[status].http,
    detail: error.message,
    instance: requestId,
    code,
    ...(errors === undefined || errors.length === 0 ? {} : { errors }),
    ...error.extras.members,
  };
}
