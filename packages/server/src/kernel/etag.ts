/** Strong entity tags (RFC 9110): a change is refused when the caller's copy is not the current one. */
import { hash } from 'node:crypto';
import type { Context } from './context.ts';
import { kernelErrors } from './errors.ts';
import { jsonOf } from './json-text.ts';

/** Returns the strong tag of a representation, quotes included: equal bytes, equal tag. */
export function etagOf(representation: unknown): string {
  return `"${hash('sha256', jsonOf(representation), 'base64url').slice(0, 22)}"`;
}

/** Throws `precondition_failed` unless the caller sent no If-Match, `*`, or the current representation's tag. */
export function requireMatch({ ifMatch }: Pick<Context, 'ifMatch'>, current: unknown): void {
  if (ifMatch === null || ifMatch.trim() === '*') return;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (!tags.includes(etagOf(current))) throw kernelErrors.preconditionFailed();
}

const nothingToMatch = 'There is nothing yet that If-Match could name: send the request without it, and it is made.';

/** `requireMatch` for a PUT that makes or replaces: while there is nothing, no If-Match holds (RFC 9110, section 13.1.1). */
export function requireMatchOrAbsence(ctx: Pick<Context, 'ifMatch'>, current: unknown): void {
  if (current !== undefined) requireMatch(ctx, current);
  else if (ctx.ifMatch !== null) throw kernelErrors.preconditionFailed({ detail: nothingToMatch });
}
