/** For Hono: `app.get('/reports', requireApiKey(verifier, { scopes: ['reports:read'] }), …)`. */
import { type ApiKeyRequirement, admit, attach } from '../middleware.ts';
import type { Verifier } from '../verifier.ts';

export { type ApiKeyRequirement, apiKeyOf } from '../middleware.ts';

/** The part of Hono's Context that the middleware uses. */
export interface ApiKeyContext {
  readonly req: { header(name: string): string | undefined };
}

/**
 * Returns a middleware that admits only requests whose API key meets the requirement; `apiKeyOf(context)` then returns
 * the key. It answers other requests with a problem: 401, 403, or, with Retry-After, 429 after too many wrong keys and
 * 503 when the key cannot be verified.
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
