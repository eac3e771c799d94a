/** For Express and compatible frameworks: `app.get('/reports', requireApiKey(verifier, { scopes: ['reports:read'] }), …)`. */
import { type ApiKeyRequirement, admit, attach, nodeHeader } from '../middleware.ts';
import type { Verifier } from '../verifier.ts';

export { type ApiKeyRequirement, apiKeyOf } from '../middleware.ts';

/** The part of Express's Request that the middleware uses. */
export interface ApiKeyRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The part of Express's Response that the middleware uses, which is Node's own. */
export interface ApiKeyResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: string): unknown;
}

/**
 * Returns a middleware that admits only requests whose API key meets the requirement; `apiKeyOf` then returns the key.
 * It answers other requests with a problem: 401, 403, or, with Retry-After, 429 after too many wrong keys and 503 when
 * the key cannot be verified.
 */
export function requireApiKey(verifier: Pick<Verifier, 'verify'>, requirement: ApiKeyRequirement = {}) {
  return (request: ApiKeyRequest, response: ApiKeyResponse, next: (error?: unknown) => void): void => {
    admit(verifier, requirement, nodeHeader(request.headers)).then(({ accepted, refusal }) => {
      if (accepted === undefined) {
        response.writeHead(refusal.status, { ...refusal.headers });
        response.end(refusal.body);
        return;
      }
      attach(request, accepted);
      next();
    }, next);
  };
}
