/** For Hono: `app.get('/reports', requireApiKey(verifier, { scopes: ['reports:read'] }), …)`. */
import type { Access } from '../access.ts';
import { type AccessRequirement, admitAccess } from '../admission/access.ts';
import { type ApiKeyRequirement, admitApiKey } from '../admission/api-key.ts';
import type { Refusal } from '../admission/refusal.ts';
import type { SeenRequest } from '../admission/request.ts';
import { type SessionRequirement, sessionAdmission } from '../admission/session.ts';
import type { Sessions } from '../sessions.ts';
import type { Verifier } from '../verifier.ts';
import { type WebhookHandlerOptions, webhookReceiver } from '../webhooks/receive.ts';
import { receiveRequest } from '../webhooks/receive-request.ts';

export type { AccessRequirement } from '../admission/access.ts';
export type { ApiKeyRequirement } from '../admission/api-key.ts';
export { apiKeyOf, sessionOf } from '../admission/request.ts';
export type { SessionRequirement } from '../admission/session.ts';
export type { SeenEvents, WebhookHandlerOptions } from '../webhooks/receive.ts';

/** The part of Hono's Context that the middleware uses. */
export interface HonoContext {
  readonly req: { readonly method: string; header(name: string): string | undefined };
}

/**
 * Returns a middleware that admits only requests whose API key meets the requirement; `apiKeyOf(context)` then returns
 * the key. It answers other requests with a problem: 401, 403, or, with Retry-After, 429 after too many wrong keys and
 * 503 when the key cannot be verified.
 */
export function requireApiKey(verifier: Pick<Verifier, 'verify'>, requirement: ApiKeyRequirement = {}) {
  return middleware((context: HonoContext) => admitApiKey(verifier, requirement, seenInHono(context)));
}

/**
 * Returns a middleware that admits only requests of people who are signed in; `sessionOf(context)` then returns the person
 * and the session. It answers other requests with a problem: 401, 403 for a change that no allowed page sent, and 503
 * with Retry-After when the session cannot be read. Throws a `TypeError` for text that is no origin.
 */
export function requireSession(sessions: Pick<Sessions, 'read'>, requirement: SessionRequirement) {
  const admit = sessionAdmission(sessions, requirement);
  return middleware((context: HonoContext) => admit(seenInHono(context)));
}

/**
 * Returns a middleware, for use after `requireApiKey` or `requireSession`, that admits only requests whose sender holds
 * the permission; `resource` gets the context. It answers other requests with a problem: 403 names the permission, 503
 * with Retry-After means that it cannot be checked.
 */
export function requireAccess<Context extends object>(
  access: Pick<Access, 'check'>,
  requirement: AccessRequirement<Context>,
) {
  return middleware((context: Context) => admitAccess(access, requirement, context));
}

/**
 * Returns a handler, `app.post('/webhooks/registry', webhookHandler({ keys, onEvent }))`, that passes verified events to
 * `onEvent` and answers 204. It answers other requests with a problem: 400 for a delivery that was not verified, 413 for a
 * body past the limit, and 500 when `onEvent` failed, so that the registry delivers again. It reads the body by itself, and
 * throws when something else did before. Throws `invalid_key` or a `TypeError` for options that cannot work.
 */
export function webhookHandler(options: WebhookHandlerOptions) {
  const receive = webhookReceiver(options);
  return ({ req: { raw } }: { readonly req: { readonly raw: Request } }): Promise<Response> =>
    receiveRequest(receive, raw);
}

function seenInHono(context: HonoContext): SeenRequest {
  return { request: context, method: context.req.method, headerOf: (name) => context.req.header(name) };
}

function middleware<Context>(decide: (context: Context) => Promise<Refusal | undefined>) {
  return async (context: Context, next: () => Promise<void>): Promise<Response | undefined> => {
    const refusal = await decide(context);
    if (refusal !== undefined) return new Response(refusal.body, { status: refusal.status, headers: refusal.headers });
    await next();
    return undefined;
  };
}
