/** The one class of errors that a call rejects with, and the guard that tells which one it is. */
import type { ErrorCode } from './contract.ts';
import type { Problem } from './problem.ts';

/** What can go wrong between here and the registry. */
export type ClientErrorCode =
  /** The registry could not be reached, or the connection broke. */
  | 'network'
  /** The call took longer than its `timeoutMs`. */
  | 'timeout'
  /** The caller's signal ended the call. */
  | 'aborted'
  /** Something else than the registry answered: a proxy, a login page, another service. */
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

/** What a call rejects with. Neither it nor its cause contains the token. */
export class RegistryError<Code extends RegistryErrorCode = RegistryErrorCode> extends Error {
  /** What programs decide by: a code of the registry or of this client. */
  readonly code: Code;
  /** The HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  /** Finds the request in the registry's log and audit rows; undefined when there was no answer. */
  readonly requestId: string | undefined;
  /** The problem as the registry sent it; undefined for the codes of this client. */
  readonly problem: Problem | undefined;
  /** Seconds to wait before the next try, when the answer said so. */
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

/** Tells whether something thrown came from the registry or its client, and, with a code, whether it is that one. */
export function isRegistryError<Code extends RegistryErrorCode = RegistryErrorCode>(
  error: unknown,
  code?: Code,
): error is RegistryError<Code> {
  return error instanceof RegistryError && (code === undefined || error.code === code);
}
