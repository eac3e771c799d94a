/** For servers that speak the Fetch API: a handler takes a Request and gives a Response. */
import { type ApiKeyRequirement, admit } from '../middleware.ts';
import type { AcceptedApiKey } from '../types.ts';
import type { Verifier } from '../verifier.ts';

export type { ApiKeyRequirement } from '../middleware.ts';

/**
 * Returns a handler that calls the given one only for a request with a key that is good for this, and tells it whose it
 * is. Else the answer is a problem: 401, 403, or with Retry-After 429 for too many wrong keys and 503 when nobody can tell.
 */
export function requireApiKey<Rest extends readonly unknown[]>(
  verifier: Pick<Verifier, 'verify'>,
  requirement: ApiKeyRequirement,
  handler: (request: Request, apiKey: AcceptedApiKey, ...rest: Rest) => Response | Promise<Response>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  return async (request, ...rest) => {
    const { accepted, refusal } = await admit(verifier, requirement, (name) => request.headers.get(name));
    if (accepted !== undefined) return handler(request, accepted, ...rest);
    const { status, headers, body } = refusal;
    return new Response(body, { status, headers });
  };
}
