/** For Express and compatible frameworks: `app.get('/reports', requireApiKey(verifier, { scopes: ['reports:read'] }), …)`. */
import type { Access } from '../access.ts';
import { type AccessRequirement, admitAccess } from '../admission/access.ts';
import { type ApiKeyRequirement, admitApiKey } from '../admission/api-key.ts';
import type { Refusal } from '../admission/refusal.ts';
import { type NodeRequest, seenInNode } from '../admission/request.ts';
import { type SessionRequirement, sessionAdmission } from '../admission/session.ts';
import type { Sessions } from '../sessions.ts';
import type { Verifier } from '../verifier.ts';
import { bodyIsGone, type NodeStream, type ReadBody, readNodeBody } from '../webhooks/read-body.ts';
import { type WebhookHandlerOptions, webhookReceiver } from '../webhooks/receive.ts';

export type { AccessRequirement } from '../admission/access.ts';
export type { ApiKeyRequirement } from '../admission/api-key.ts';
export { apiKeyOf, type NodeRequest, sessionOf } from '../admission/request.ts';
export type { SessionRequirement } from '../admission/session.ts';
export type { SeenEvents, WebhookHandlerOptions } from '../webhooks/receive.ts';

/** The part of Express's Response that the middleware uses, which is Node's own. */
export interface NodeResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: string): unknown;
}

type Next = (error?: unknown) => void;

/**
 * Returns a middleware that admits only requests whose API key meets the requirement; `apiKeyOf` then returns the key.
 * It answers other requests with a problem: 401, 403, or, with Retry-After, 429 after too many wrong keys and 503 when
 * the key cannot be verified.
 */
export function requireApiKey(verifier: Pick<Verifier, 'verify'>, requirement: ApiKeyRequirement = {}) {
  return middleware((request: NodeRequest) => admitApiKey(verifier, requirement, seenInNode(request)));
}

/**
 * Returns a middleware that admits only requests of people who are signed in; `sessionOf` then returns the person and the
 * session. It answers other requests with a problem: 401, 403 for a change that no allowed page sent, and 503 with
 * Retry-After when the session cannot be read. Throws a `TypeError` for text that is no origin.
 */
export function requireSession(sessions: Pick<Sessions, 'read'>, requirement: SessionRequirement) {
  const admit = sessionAdmission(sessions, requirement);
  return middleware((request: NodeRequest) => admit(seenInNode(request)));
}

/**
 * Returns a middleware, for use after `requireApiKey` or `requireSession`, that admits only requests whose sender holds
 * the permission. It answers other requests with a problem: 403 names the permission, 503 with Retry-After means that it
 * cannot be checked.
 */
export function requireAccess<Request extends object>(
  access: Pick<Access, 'check'>,
  requirement: AccessRequirement<Request>,
) {
  return middleware((request: Request) => admitAccess(access, requirement, request));
}

/** The part of a Node request that a handler of webhooks reads. */
export interface WebhookRequest extends NodeRequest, NodeStream {
  /** What a body parser left. */
  readonly body?: unknown;
  readonly readableDidRead?: boolean;
}

/**
 * Returns a handler, `app.post('/webhooks/registry', webhookHandler({ keys, onEvent }))`, that passes verified events to
 * `onEvent` and answers 204. It answers other requests with a problem: 400 for a delivery that was not verified, 413 for a
 * body past the limit, and 500 when `onEvent` failed, so that the registry delivers again. It reads the body by itself,
 * or takes what `express.raw` or `express.text` left; after any other body parser it passes an error to `next`. Throws
 * `invalid_key` or a `TypeError` for options that cannot work.
 */
export function webhookHandler(options: WebhookHandlerOptions) {
  const receive = webhookReceiver(options);
  return middleware(
    (request: WebhookRequest) => {
      const { method, headers } = request;
      return receive({ method, headers, readBody: (bytesMax) => bodyOf(request, bytesMax) });
    },
    (response) => {
      response.writeHead(204, {});
      response.end('');
    },
  );
}

async function bodyOf(request: WebhookRequest, bytesMax: number): Promise<ReadBody> {
  const { body } = request;
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  if (bytes instanceof Uint8Array) return bytes.byteLength > bytesMax ? 'too_large' : bytes;
  // Older body parsers set an empty object without having read anything.
  if (request.readableDidRead) throw bodyIsGone('use webhookHandler before express.json() and other body parsers.');
  return readNodeBody(request, bytesMax);
}

/** Ends a request that is not refused with `done`, or passes it on. */
function middleware<Request>(
  decide: (request: Request) => Promise<Refusal | undefined>,
  done?: (response: NodeResponse) => void,
) {
  return (request: Request, response: NodeResponse, next: Next): void => {
    decide(request).then((refusal) => {
      if (refusal === undefined) return done === undefined ? next() : done(response);
      response.writeHead(refusal.status, { ...refusal.headers });
      response.end(refusal.body);
    }, next);
  };
}
