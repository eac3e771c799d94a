/** Keeps the token out of errors: an error of `fetch` may quote the headers of its request. */
import { isObject } from '../problem.ts';

const DEPTH_MAX = 4;

/** Returns a copy of a thrown value that has only its name, message, code and causes, each without the secret, if any. */
export function withoutSecret(thrown: unknown, secret: string, depth = 0): Error {
  const { name = 'Error', message = '', code, cause } = isObject(thrown) ? thrown : { message: thrown };
  const text = (value: unknown) => (secret === '' ? String(value) : String(value).replaceAll(secret, '[redacted]'));
  const inner = cause === undefined || depth >= DEPTH_MAX ? {} : { cause: withoutSecret(cause, secret, depth + 1) };
  const copy = Object.assign(new Error(text(message), inner), code === undefined ? {} : { code: text(code) });
  copy.name = text(name);
  // The stack of this function has no use for the caller.
  copy.stack = `${copy.name}: ${copy.message}`;
  return copy;
}

/** Returns the message of the innermost cause: `connect ECONNREFUSED 127.0.0.1:8090` rather than `fetch failed`. */
export function innermostMessage({ message, cause, ...rest }: Error & { code?: string }): string {
  if (cause instanceof Error) return innermostMessage(cause);
  return message || rest.code || 'the connection failed';
}
