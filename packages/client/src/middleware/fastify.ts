/** For Fastify: `app.get('/reports', { onRequest: requireApiKey(verifier, { scopes: ['reports:read'] }) }, …)`. */
import type { Access } from '../access.ts';
import { type AccessRequirement, admitAccess } from '../admission/access.ts';
import { type ApiKeyRequirement, admitApiKey } from '../admission/api-key.ts';
import type { Refusal } from '../admission/refusal.ts';
import { type NodeRequest, seenInNode } from '../admission/request.ts';
import { type SessionRequirement, sessionAdmission } from '../admission/session.ts';
import type { Sessions } from '../sessions.ts';
import type { Verifier } from '../verifier.ts';

export type { AccessRequirement } from '../admission/access.ts';
export type { ApiKeyRequirement } from '../admission/api-key.ts';
export { apiKeyOf, type NodeRequest, sessionOf } from '../admission/request.ts';
export type { SessionRequirement } from '../admission/session.ts';

/** The part of FastifyReply that the hooks use. */
export interface Reply {
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
  return hook((request: NodeRequest) => admitApiKey(verifier, requirement, seenInNode(request)));
}

/**
 * Returns a hook that admits only requests of people who are signed in; `sessionOf` then returns the person and the
 * session. It answers other requests with a problem: 401, 403 for a change that no allowed page sent, and 503 with
 * Retry-After when the session cannot be read. Throws a `TypeError` for text that is no origin.
 */
export function requireSession(sessions: Pick<Sessions, 'read'>, requirement: SessionRequirement) {
  const admit = sessionAdmission(sessions, requirement);
  return hook((request: NodeRequest) => admit(seenInNode(request)));
}

/**
 * Returns a hook, for use after `requireApiKey` or `requireSession`, that admits only requests whose sender holds the
 * permission. It answers other requests with a problem: 403 names the permission, 503 with Retry-After means that it
 * cannot be checked.
 */
export function requireAccess<Request extends object>(
  access: Pick<Access, 'check'>,
  requirement: AccessRequirement<Request>,
) {
  return hook((request: Request) => admitAccess(access, requirement, request));
}

function hook<Request>(decide: (request: Request) => Promise<Refusal | undefined>) {
  return async (request: Request, reply: Reply): Promise<unknown> => {
    const refusal = await decide(request);
    if (refusal === undefined) return undefined;
    reply.code(refusal.status);
    reply.headers({ ...refusal.headers });
    reply.send(refusal.body);
    return reply;
  };
}
