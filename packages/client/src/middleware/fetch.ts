/** For servers of the Fetch API, whose handlers take a Request and return a Response. */
import { type ApiKeyRequirement, admit } from '../middleware.ts';
import type { AcceptedApiKey } from '../types.ts';
import type { Verifier } from '../verifier.ts';

export type { ApiKeyRequirement } from '../middleware.ts';

/**
 * Returns a handler that passes on only requests whose API key meets the requirement, and the accepted key with them.
 * It answers other requests with a problem: 401, 403, or, with Retry-After, 429 after too many wrong keys and 503 when
 * the key cannot be verified.
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
