/** Turns the failure of a call into the error for its caller. The message alone is enough in a log. */
import { RegistryError } from '../errors.ts';
import { isObject, type Problem } from '../problem.ts';
import type { Failure } from './answer.ts';
import { innermostMessage, withoutSecret } from './redact.ts';

/** Longer lists of fields and longer texts about one field would make an unreadable log line. */
const FIELDS_MAX = 3;
const FIELD_LENGTH_MAX = 200;

/** Returns the error for a call whose last attempt failed. Neither its message nor its cause contains the token. */
export function failureError(path: string, failure: Failure, token: string): RegistryError {
  if (failure.type === 'network') {
    const cause = withoutSecret(failure.cause, token);
    return new RegistryError(messageOf(path, `the registry did not answer: ${innermostMessage(cause)}`, 'network'), {
      code: 'network',
      cause,
    });
  }
  const { status, problem, requestId, retryAfter } = failure;
  const code = problem?.code ?? 'invalid_response';
  const detail =
    problem === undefined ? `the answer with status ${status} did not come from the registry.` : detailOf(problem);
  return new RegistryError(messageOf(path, detail, code, requestId), { code, status, requestId, problem, retryAfter });
}

/** Returns the error for a stream that contains what the registry would not send. */
export function invalidResponseError(path: string): RegistryError {
  const unknown = { problem: undefined, requestId: undefined, retryAfter: undefined };
  return failureError(path, { type: 'answer', status: 200, ...unknown }, '');
}

/** Returns the error for a call that its deadline or its caller ended; the reason of the caller's signal is its cause. */
export function endedError(path: string, by: 'timeout' | 'aborted', signal: AbortSignal | undefined): RegistryError {
  return by === 'timeout'
    ? new RegistryError(messageOf(path, 'the call took longer than its timeoutMs.', by), { code: by })
    : new RegistryError(messageOf(path, "the caller's signal ended the call.", by), {
        code: by,
        cause: signal?.reason,
      });
}

function messageOf(path: string, detail: string, code: string, requestId?: string): string {
  return `${path}: ${detail} (${code}${requestId === undefined ? '' : `, request ${requestId}`})`;
}

/** Returns the problem's detail, followed by the first fields at fault that it does not name itself. */
function detailOf({ detail, errors }: Problem): string {
  const fields = fieldsIn(errors).filter(({ message }) => !detail.includes(message));
  if (fields.length === 0) return detail;
  const first = fields.slice(0, FIELDS_MAX).map(({ pointer, message }) => `${pointer || 'the input'} ${message}`);
  const more = fields.length > FIELDS_MAX ? ` (and ${fields.length - FIELDS_MAX} more)` : '';
  return `${detail.replace(/\.$/, '')}: ${first.map((each) => each.slice(0, FIELD_LENGTH_MAX)).join('; ')}${more}`;
}

/** Only `code`, `detail` and `status` of a problem are certain, since any server may have sent it. */
function fieldsIn(errors: unknown): { readonly pointer: string; readonly message: string }[] {
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((each: unknown) => {
    const { pointer, message } = isObject(each) ? each : {};
    return typeof pointer === 'string' && typeof message === 'string' ? [{ pointer, message }] : [];
  });
}
