/** For Hono: `app.get('/reports', requireApiKey(verifier, { scopes: ['reports:read'] }), …)`. */
import { type ApiKeyRequirement, admit, attach } from '../middleware.ts';
import type { Verifier } from '../verifier.ts';

export { type ApiKeyRequirement, apiKeyOf } from '../middleware.ts';

/** What is used of a Context. */
export interface ApiKeyContext {
  readonly req: { header(name: string): string | undefined };
}

/**
 * Returns a middleware that lets a request in only with a key that is good for this; `apiKeyOf`, of the context, then
 * tells whose it is. Else the answer is a problem: 401, 403, or with Retry-After 429 for too many wrong keys and 503 when
 * nobody can tell.
 */
export function requireApiKey(verifier: Pick<Verifier, 'verify'>, requirement: ApiKeyRequirement = {}) {
  return async (context: ApiKeyContext, next: () => Promise<void>): Promise<Response | undefined> => {
    const { accepted, refusal } = await admit(verifier, requirement, (name) => context.req.header(name));
    if (accepted === undefined) {
      const { status, headers, body } = refusal;
      return new Response(body, { status, headers });
    }
    attach(context, accepted);
    await next();
    return undefined;
  };
}
