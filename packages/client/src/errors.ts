/** The class of all errors that calls reject with, and the guard that narrows an error to one code. */
import type { ErrorCode } from './generated/error-code.ts';
import type { Problem } from './problem.ts';

/** The codes of failures between the client and the registry. */
export type ClientErrorCode =
  /** The registry could not be reached, or the connection broke. */
  | 'network'
  /** The call took longer than its `timeoutMs`. */
  | 'timeout'
  /** The caller's signal ended the call. */
  | 'aborted'
  /** Another server than the registry answered: a proxy, a login page, another service. */
  | 'invalid_response';

export type RegistryErrorCode = ErrorCode | ClientErrorCode;

export interface RegistryErrorFields<Code extends RegistryErrorCode = RegistryErrorCode> {
  readonly code: Code;
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly problem?: Problem | undefined;
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/** The error of a failed call. Neither the error nor its cause contains the token. */
export class RegistryError<Code extends RegistryErrorCode = RegistryErrorCode> extends Error {
  /** The code for programs to decide by, of the registry or of this client. */
  readonly code: Code;
  /** The HTTP status; undefined if there was no answer. */
  readonly status: number | undefined;
  /** Finds the request in the registry's log and audit rows; undefined if there was no answer. */
  readonly requestId: string | undefined;
  /** The problem that the registry sent; undefined for the codes of this client. */
  readonly problem: Problem | undefined;
  /** The seconds to wait before the next attempt, if the answer named them. */
  readonly retryAfter: number | undefined;

  constructor(message: string, { code, status, requestId, problem, retryAfter, cause }: RegistryErrorFields<Code>) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'RegistryError';
    this.code = code;
    this.status = status;
    this.requestId = requestId;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

/** Tells whether a thrown value is an error of the registry or its client, and, given a code, whether it has that code. */
export function isRegistryError<Code extends RegistryErrorCode = RegistryErrorCode>(
  error: unknown,
  code?: Code,
): error is RegistryError<Code> {
  return error instanceof RegistryError && (code === undefined || error.code === code);
}
