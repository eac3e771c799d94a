/** For Express, and whatever has its middleware: `app.get('/reports', requireApiKey(verifier, { scopes: ['reports:read'] }), …)`. */
import { type ApiKeyRequirement, admit, attach, nodeHeader } from '../middleware.ts';
import type { Verifier } from '../verifier.ts';

export { type ApiKeyRequirement, apiKeyOf } from '../middleware.ts';

/** What is used of a Request. */
export interface ApiKeyRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What is used of a Response: it is that of Node. */
export interface ApiKeyResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: string): unknown;
}

/**
 * Returns a middleware that lets a request in only with a key that is good for this; `apiKeyOf` then tells whose it is.
 * Else the answer is a problem: 401, 403, or with Retry-After 429 for too many wrong keys and 503 when nobody can tell.
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
