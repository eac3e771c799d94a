/** Keeps the token out of errors: what fetch throws may quote the headers that it was given. */
import { isObject } from '../problem.ts';

const DEPTH_MAX = 4;

/** Returns a copy of what was thrown: its name, message, code and causes, nothing else, and the secret nowhere. */
export function withoutSecret(thrown: unknown, secret: string, depth = 0): Error {
  const { name = 'Error', message = '', code, cause } = isObject(thrown) ? thrown : { message: thrown };
  const text = (value: unknown) => String(value).replaceAll(secret, '[redacted]');
  const inner = cause === undefined || depth >= DEPTH_MAX ? {} : { cause: withoutSecret(cause, secret, depth + 1) };
  const copy = Object.assign(new Error(text(message), inner), code === undefined ? {} : { code: text(code) });
  copy.name = text(name);
  // The stack of this function would tell nobody anything.
  copy.stack = `${copy.name}: ${copy.message}`;
  return copy;
}

/** What happened at the bottom: `connect ECONNREFUSED 127.0.0.1:8090` rather than `fetch failed`. */
export function innermostMessage({ message, cause, ...rest }: Error & { code?: string }): string {
  if (cause instanceof Error) return innermostMessage(cause);
  return message || rest.code || 'the connection failed';
}
