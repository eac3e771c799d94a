/** Places inside a JSON value, as JSON pointers (RFC 6901). */

export interface Mistake {
  /** '' is the whole value. */
  readonly pointer: string;
  readonly message: string;
}

/** More are not told. */
export const MISTAKES_MAX = 20;

/** The longest pointer that is told. */
const POINTER_MAX = 1_024;

/** The way from the whole value to a place in it, its last step first. */
export interface Path {
  readonly outer: Path | undefined;
  readonly key: string | number;
}

export const escaped = (token: string | number): string => String(token).replaceAll('~', '~0').replaceAll('/', '~1');

/** Returns the pointer of the place, or of the closest place around it whose pointer has at most 1,024 characters. */
export function pointerOf(path: Path | undefined): string {
  const tokens: string[] = [];
  for (let step = path; step !== undefined; step = step.outer) tokens.push(escaped(step.key));
  let pointer = '';
  for (const token of tokens.reverse()) {
    if (pointer.length + 1 + token.length > POINTER_MAX) break;
    pointer += `/${token}`;
  }
  return pointer;
}

/** Returns the pointer, or that of the closest place around it that has at most 1,024 characters. */
export function shortened(pointer: string): string {
  if (pointer.length <= POINTER_MAX) return pointer;
  return pointer.slice(0, pointer.lastIndexOf('/', POINTER_MAX));
}
