/** Turns what the database threw into what a caller may know. Reads names and codes: the engines' classes differ. */
import { type DomainError, type ErrorFactory, kernelErrors } from '../errors.ts';

interface DatabaseFailure {
  readonly code?: unknown;
  readonly severity?: unknown;
  readonly constraint?: unknown;
  readonly message?: unknown;
}

// Class 08 connection, 28 refused login, 57P administrator, 53 resources, among them too many connections:
// https://www.postgresql.org/docs/16/errcodes-appendix.html
const UNAVAILABLE_SQLSTATE = /^(08...|28...|57P0[1-5]|25P03|53[0-4]00|25006)$/;
// The server ends the connection: a login that is refused for any reason, a shutdown, a crash.
const UNAVAILABLE_SEVERITY = new Set<unknown>(['FATAL', 'PANIC']);
const UNAVAILABLE_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const UNAVAILABLE_MESSAGE =
  /timeout exceeded when trying to connect|Connection terminated|is not queryable|PGlite is closed/;

// Serialization failure, deadlock, lock timeout, statement timeout: what was asked is right, and may succeed next time.
const CONTENDED_SQLSTATE = new Set(['40001', '40P01', '55P03', '57014']);

/** Tells whether the database refused a statement for the constraint. */
export function violates(error: unknown, constraint: string): boolean {
  return typeof error === 'object' && error !== null && 'constraint' in error && error.constraint === constraint;
}

/** Returns the caller's error for a violated constraint, a lost database or one that is too busy; undefined for anything unforeseen. */
export function fromDatabase(error: unknown, constraints: ReadonlyMap<string, ErrorFactory>): DomainError | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, severity, constraint, message }: DatabaseFailure = error;
  if (typeof code === 'string' && code.startsWith('23') && typeof constraint === 'string') {
    const factory = constraints.get(constraint);
    const pointer = factory?.definition.pointer;
    return factory?.({
      cause: error,
      ...(pointer === undefined ? {} : { errors: [{ pointer, message: factory.definition.detail }] }),
    });
  }
  if (typeof code === 'string' && CONTENDED_SQLSTATE.has(code)) {
    return kernelErrors.overloaded({ cause: error, retryAfter: 1 });
  }
  const lost =
    UNAVAILABLE_SEVERITY.has(severity) ||
    (typeof code === 'string' && (UNAVAILABLE_SQLSTATE.test(code) || UNAVAILABLE_SYSTEM.has(code))) ||
    (typeof message === 'string' && UNAVAILABLE_MESSAGE.test(message));
  return lost ? kernelErrors.unavailable({ cause: error, retryAfter: 1 }) : undefined;
}
