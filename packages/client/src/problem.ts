/** The body of the registry's error answers, a problem of RFC 9457. */
import type { ErrorCode } from './generated/error-code.ts';

export interface Problem {
  /** The stable URI of the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** An explanation for people: what happened and what to do. */
  readonly detail: string;
  /** The request id. */
  readonly instance: string;
  /** The code for programs to decide by. A newer registry may send codes that this version does not list. */
  readonly code: ErrorCode;
  /** The mistakes in the input, field by field; `pointer` is a JSON pointer (RFC 6901) into the input, `in` the part of the request. */
  readonly errors?: readonly {
    readonly pointer: string;
    readonly message: string;
    readonly in?: 'path' | 'query' | 'header' | 'body';
  }[];
  /** Further members of some codes: `allowed`, `holdings`, `permission`. */
  readonly [member: string]: unknown;
}

/** Returns a parsed answer if it is a problem. */
export function problemIn(answer: unknown): Problem | undefined {
  return isProblem(answer) ? answer : undefined;
}

function isProblem(value: unknown): value is Problem {
  return (
    isObject(value) &&
    typeof value['code'] === 'string' &&
    typeof value['detail'] === 'string' &&
    typeof value['status'] === 'number'
  );
}

/** Tells whether the value is an object, so that its members can be read. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
