/** For servers of the Fetch API, whose handlers take a Request and return a Response. */
import type { Access } from '../access.ts';
import { type AccessRequirement, admitAccess } from '../admission/access.ts';
import { type ApiKeyRequirement, admitApiKey } from '../admission/api-key.ts';
import type { Refusal } from '../admission/refusal.ts';
import { apiKeyOf, type SeenRequest, sessionOf } from '../admission/request.ts';
import { type SessionRequirement, sessionAdmission } from '../admission/session.ts';
import type { AcceptedApiKey } from '../generated/schemas/api-keys.ts';
import type { Sessions } from '../sessions.ts';
import type { CurrentSession } from '../types.ts';
import type { Verifier } from '../verifier.ts';
import { type WebhookHandlerOptions, webhookReceiver } from '../webhooks/receive.ts';
import { receiveRequest } from '../webhooks/receive-request.ts';

export type { AccessRequirement } from '../admission/access.ts';
export type { ApiKeyRequirement } from '../admission/api-key.ts';
export type { SessionRequirement } from '../admission/session.ts';
export type { SeenEvents, WebhookHandlerOptions } from '../webhooks/receive.ts';

type Answer = Response | Promise<Response>;

/**
 * Returns a handler that passes on only requests whose API key meets the requirement, and the accepted key with them.
 * It answers other requests with a problem: 401, 403, or, with Retry-After, 429 after too many wrong keys and 503 when
 * the key cannot be verified.
 */
export function requireApiKey<Rest extends readonly unknown[]>(
  verifier: Pick<Verifier, 'verify'>,
  requirement: ApiKeyRequirement,
  handler: (request: Request, apiKey: AcceptedApiKey, ...rest: Rest) => Answer,
) {
  return async (request: Request, ...rest: Rest): Promise<Response> => {
    const refusal = await admitApiKey(verifier, requirement, seenInFetch(request));
    return refusal === undefined ? handler(request, apiKeyOf(request), ...rest) : responseOf(refusal);
  };
}

/**
 * Returns a handler that passes on only requests of people who are signed in, and the session with them. It answers other
 * requests with a problem: 401, 403 for a change that no allowed page sent, and 503 with Retry-After when the session
 * cannot be read. Throws a `TypeError` for text that is no origin.
 */
export function requireSession<Rest extends readonly unknown[]>(
  sessions: Pick<Sessions, 'read'>,
  requirement: SessionRequirement,
  handler: (request: Request, session: CurrentSession, ...rest: Rest) => Answer,
) {
  const admit = sessionAdmission(sessions, requirement);
  return async (request: Request, ...rest: Rest): Promise<Response> => {
    const refusal = await admit(seenInFetch(request));
    return refusal === undefined ? handler(request, sessionOf(request), ...rest) : responseOf(refusal);
  };
}

/**
 * Returns a handler, for use inside `requireApiKey` or `requireSession`, that passes on only requests whose sender holds
 * the permission. It answers other requests with a problem: 403 names the permission, 503 with Retry-After means that it
 * cannot be checked.
 */
export function requireAccess<Rest extends readonly unknown[]>(
  access: Pick<Access, 'check'>,
  requirement: AccessRequirement<Request>,
  handler: (request: Request, ...rest: Rest) => Answer,
) {
  return async (request: Request, ...rest: Rest): Promise<Response> => {
    const refusal = await admitAccess(access, requirement, request);
    return refusal === undefined ? handler(request, ...rest) : responseOf(refusal);
  };
}

/**
 * Returns a handler that passes verified events to `onEvent` and answers 204. It answers other requests with a problem:
 * 400 for a delivery that was not verified, 405 for another method than POST, 413 for a body past the limit, and 500 when
 * `onEvent` failed, so that the registry delivers again. It reads the body by itself, and rejects when something else did
 * before. Throws `invalid_key` or a `TypeError` for options that cannot work.
 */
export function webhookHandler(options: WebhookHandlerOptions) {
  const receive = webhookReceiver(options);
  return (request: Request): Promise<Response> => receiveRequest(receive, request);
}

function seenInFetch(request: Request): SeenRequest {
  return { request, method: request.method, headerOf: (name) => request.headers.get(name) };
}

function responseOf({ status, headers, body }: Refusal): Response {
  return new Response(body, { status, headers });
}
