/** What stops a command of declared state, in one line. */

/** Where something is declared. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** The registry, or what it holds, does not allow it: exit code 1. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** Returns `file:line: text`. */
export function at({ file, line }: Place, text: string): string {
  return `${file}:${line}: ${text}`;
}
