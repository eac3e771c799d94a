/** What the registry says when something went wrong: the body of RFC 9457. */
import type { ErrorCode } from './contract.ts';

export interface Problem {
  /** Stable URI of the kind of problem. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What happened and what to do, for people. */
  readonly detail: string;
  /** The request id. */
  readonly instance: string;
  /** What programs decide by. A newer registry may send codes that this version does not list. */
  readonly code: ErrorCode;
  /** What is wrong with the input, field by field; `pointer` is a JSON pointer (RFC 6901) into it. */
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
  /** What some codes add: `allowed`, `holdings`, `permission`. */
  readonly [member: string]: unknown;
}

/** Returns the problem in a parsed answer, wherever it is: the answer itself, or inside tRPC's error envelope. */
export function problemIn(answer: unknown): Problem | undefined {
  return [answer, at(answer, 'error', 'data', 'problem')].find(isProblem);
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), value);
}

function isProblem(value: unknown): value is Problem {
  return (
    isObject(value) &&
    typeof value['code'] === 'string' &&
    typeof value['detail'] === 'string' &&
    typeof value['status'] === 'number'
  );
}

/** Tells whether the value has members. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
