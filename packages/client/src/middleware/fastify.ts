/** For Fastify: `app.get('/reports', { onRequest: requireApiKey(verifier, { scopes: ['reports:read'] }) }, …)`. */
import type { Access } from '../access.ts';
import { type AccessRequirement, admitAccess } from '../admission/access.ts';
import { type ApiKeyRequirement, admitApiKey } from '../admission/api-key.ts';
import type { Refusal } from '../admission/refusal.ts';
import { type NodeRequest, seenInNode } from '../admission/request.ts';
import { type SessionRequirement, sessionAdmission } from '../admission/session.ts';
import type { Sessions } from '../sessions.ts';
import type { Verifier } from '../verifier.ts';
import { type NodeStream, type ReadBody, readNodeBody } from '../webhooks/read-body.ts';
import { type WebhookHandlerOptions, webhookReceiver } from '../webhooks/receive.ts';

export type { AccessRequirement } from '../admission/access.ts';
export type { ApiKeyRequirement } from '../admission/api-key.ts';
export { apiKeyOf, type NodeRequest, sessionOf } from '../admission/request.ts';
export type { SessionRequirement } from '../admission/session.ts';
export type { SeenEvents, WebhookHandlerOptions } from '../webhooks/receive.ts';

/** The part of FastifyReply that the hooks use. */
export interface Reply {
  code(status: number): unknown;
  headers(values: Record<string, string>): unknown;
  send(body?: string): unknown;
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

/** The part of a FastifyRequest that a handler of webhooks reads. */
export interface WebhookRequest extends NodeRequest {
  readonly body?: unknown;
}

/** The part of FastifyInstance that the plugin uses. */
export interface FastifyScope {
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    type: string,
    parser: (request: WebhookRequest, stream: NodeStream) => Promise<unknown>,
  ): unknown;
  post(path: string, handler: (request: WebhookRequest, reply: Reply) => Promise<unknown>): unknown;
}

/**
 * Returns a plugin, `app.register(webhookHandler({ keys, onEvent }), { prefix: '/webhooks/registry' })`, with one route:
 * POST to the prefix. It passes verified events to `onEvent` and answers 204. It answers other requests with a problem:
 * 400 for a delivery that was not verified, 413 for a body past the limit, and 500 when `onEvent` failed, so that the
 * registry delivers again. It reads bodies by itself, inside the plugin alone: the parsers of the application stay as they
 * are. Throws `invalid_key` or a `TypeError` for options that cannot work.
 */
export function webhookHandler(options: WebhookHandlerOptions) {
  const receive = webhookReceiver(options);
  return async (scope: FastifyScope): Promise<void> => {
    scope.removeAllContentTypeParsers();
    // Hands on the stream itself, which hooks of the application may have put in place of the socket's.
    scope.addContentTypeParser('*', async (_, stream) => stream);
    scope.post('/', async (request, reply) => {
      const { method, headers } = request;
      const stream = request.body as NodeStream | undefined;
      const readBody = async (bytesMax: number): Promise<ReadBody> =>
        stream === undefined ? new Uint8Array() : readNodeBody(stream, bytesMax);
      const refusal = await receive({ method, headers, readBody });
      if (refusal !== undefined) return refused(reply, refusal);
      reply.code(204);
      reply.send();
      return reply;
    });
  };
}

function hook<Request>(decide: (request: Request) => Promise<Refusal | undefined>) {
  return async (request: Request, reply: Reply): Promise<unknown> => {
    const refusal = await decide(request);
    return refusal === undefined ? undefined : refused(reply, refusal);
  };
}

function refused(reply: Reply, { status, headers, body }: Refusal): Reply {
  reply.code(status);
  reply.headers({ ...headers });
  reply.send(body);
  return reply;
}
