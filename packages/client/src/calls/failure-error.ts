/** Turns the end of a call into the error that its caller gets, with a message that is enough in a log. */

import { RegistryError } from '../errors.ts';
import type { Failure } from './answer.ts';
import { innermostMessage, withoutSecret } from './redact.ts';

/** Returns the error for an attempt that was the last; nothing in it contains the token. */
export function failureError(path: string, failure: Failure, token: string): RegistryError {
  if (failure.type === 'network') {
    const cause = withoutSecret(failure.cause, token);
    return new RegistryError(messageOf(path, `no answer: ${innermostMessage(cause)}`, 'network'), {
      code: 'network',
      cause,
    });
  }
  const { status, problem, requestId, retryAfter } = failure;
  const code = problem?.code ?? 'invalid_response';
  const detail = problem?.detail ?? `the answer with status ${status} is not one of the registry.`;
  return new RegistryError(messageOf(path, detail, code, requestId), { code, status, requestId, problem, retryAfter });
}

/** Returns the error for a call that ran out of time, or whose caller's signal aborted: then with its reason as cause. */
export function endedError(path: string, by: 'timeout' | 'aborted', signal: AbortSignal | undefined): RegistryError {
  return by === 'timeout'
    ? new RegistryError(messageOf(path, 'the time for the call is over.', by), { code: by })
    : new RegistryError(messageOf(path, 'the caller ended the call.', by), { code: by, cause: signal?.reason });
}

function messageOf(path: string, detail: string, code: string, requestId?: string): string {
  return `${path}: ${detail} (${code}${requestId === undefined ? '' : `, request ${requestId}`})`;
}
