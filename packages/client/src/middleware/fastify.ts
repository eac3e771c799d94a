/** For Fastify: `app.get('/reports', { onRequest: requireApiKey(verifier, { scopes: ['reports:read'] }) }, …)`. */
import { type ApiKeyRequirement, admit, attach, nodeHeader } from '../middleware.ts';
import type { Verifier } from '../verifier.ts';

export { type ApiKeyRequirement, apiKeyOf } from '../middleware.ts';

/** The part of FastifyRequest that the hook uses. */
export interface ApiKeyRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The part of FastifyReply that the hook uses. */
export interface ApiKeyReply {
  code(status: number): unknown;
  headers(values: Record<string, string>): unknown;
  send(body: string): unknown;
}

/**
 * Returns a hook (`onRequest` or `preHandler`) that admits only requests whose API key meets the requirement; `apiKeyOf`
 * then returns the key. It answers other requests with a problem: 401, 403, or, with Retry-After, 429 after too many
 * wrong keys and 503 when the key cannot be verified.
 */
export function requireApiKey(verifier: Pick<Verifier, 'verify'>, requirement: ApiKeyRequirement = {}) {
  return async (request: ApiKeyRequest, reply: ApiKeyReply): Promise<unknown> => {
    const { accepted, refusal } = await admit(verifier, requirement, nodeHeader(request.headers));
    if (accepted !== undefined) return attach(request, accepted);
    reply.code(refusal.status);
    reply.headers({ ...refusal.headers });
    reply.send(refusal.body);
    return reply;
  };
}
