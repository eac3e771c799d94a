/** For Fastify: `app.get('/reports', { onRequest: requireApiKey(verifier, { scopes: ['reports:read'] }) }, …)`. */
import { type ApiKeyRequirement, admit, attach, nodeHeader } from '../middleware.ts';
import type { Verifier } from '../verifier.ts';

export { type ApiKeyRequirement, apiKeyOf } from '../middleware.ts';

/** What is used of a FastifyRequest. */
export interface ApiKeyRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What is used of a FastifyReply. */
export interface ApiKeyReply {
  code(status: number): unknown;
  headers(values: Record<string, string>): unknown;
  send(body: string): unknown;
}

/**
 * Returns a hook (`onRequest` or `preHandler`) that lets a request in only with a key that is good for this; `apiKeyOf`
 * then tells whose it is. Else the answer is a problem: 401, 403, or with Retry-After 429 for too many wrong keys and 503
 * when nobody can tell.
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
