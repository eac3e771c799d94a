/**
 * `/retraced`: the paths of Retraced, outside `/v1`. Its clients send a key or a token in schemes of their own, and its
 * viewer the bare token of a session.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator } from '../authentication/authenticate.ts';
import { withinDeadline } from '../kernel/async/deadline.ts';
import { PUBLIC_BODY_BYTES_MAX } from '../kernel/bounds.ts';
import type { Context, Dependencies } from '../kernel/context.ts';
import { refusedCredential } from '../kernel/credentials.ts';
import { tooLate } from '../kernel/errors.ts';
import { BULK_BYTES_MAX } from '../modules/audit/schema.ts';
import {
  identifyViewer,
  makeViewerSession,
  makeViewerToken,
  type RetracedInput,
  reportEvent,
  reportEvents,
  searchAsPublisher,
  searchAsViewer,
} from '../modules/retraced/service.ts';
import { sendFailure } from './failure.ts';
import type { ContextOf } from './rest.ts';

const PUBLISHER = '/retraced/publisher/v1/project/:product';
const VIEWER = '/retraced/viewer/v1';
/** A query of 8 KiB, and as much for its variables, each character of them escaped. */
const GRAPHQL_BYTES_MAX = 32_768;

export interface RetracedOptions {
  readonly deps: Dependencies;
  readonly contextOf: ContextOf;
}

/** Lets the guard of the scope see the credentials of publishers as what they are. Must be called before the guard. */
export function translateCredentials(scope: FastifyInstance): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    const { authorization } = request.headers;
    if (authorization !== undefined && request.routeOptions.url?.startsWith(PUBLISHER))
      request.raw.headers.authorization = asBearer(authorization);
    done();
  });
}

/** The client sends `token=…` with events, and `Token token=…` with everything else. */
function asBearer(authorization: string): string {
  const [, token] = /^(?:Token +)?token=(.+)$/i.exec(authorization) ?? [];
  return token === undefined ? authorization : `Bearer ${token}`;
}

/** Mounts what products use. */
export function mountRetracedPublisher(scope: FastifyInstance, options: RetracedOptions): void {
  const handle = handlers(options);
  scope.post(`${PUBLISHER}/event`, handle('publish', answering(201, reportEvent)));
  scope.post(
    `${PUBLISHER}/event/bulk`,
    { bodyLimit: BULK_BYTES_MAX },
    handle('publishBulk', answering(201, reportEvents)),
  );
  scope.get(
    `${PUBLISHER}/viewertoken`,
    { exposeHeadRoute: false },
    handle('viewerToken', answering(200, makeViewerToken)),
  );
  scope.post(`${PUBLISHER}/graphql`, { bodyLimit: GRAPHQL_BYTES_MAX }, handle('search', searchAsPublisher));
}

/** Mounts what the viewer uses, on a scope whose guard knows viewers. */
export function mountRetracedViewer(scope: FastifyInstance, options: RetracedOptions): void {
  const handle = handlers(options);
  const open = { bodyLimit: PUBLIC_BODY_BYTES_MAX, config: { isPublic: true } };
  scope.post(`${VIEWER}/viewersession`, open, handle('viewerSession', answering(200, makeViewerSession)));
  scope.post(`${VIEWER}/graphql`, { bodyLimit: GRAPHQL_BYTES_MAX }, handle('view', searchAsViewer));
}

/** Knows sessions of viewers, which count nowhere else, and no other credential. */
export function viewerAuthenticator(deps: Dependencies): Authenticator {
  return {
    cookies: [],
    recognize: () => undefined,
    kindOf: () => 'other',
    async identify(authorization) {
      if (!/^[!-~]{1,4096}$/.test(tokenIn(authorization))) throw refusedCredential(MALFORMED);
      return identifyViewer(deps, tokenIn(authorization));
    },
  };
}

const MALFORMED = { reason: 'malformed', detail: 'Send the token of the session as Authorization.' };

function tokenIn(authorization: string): string {
  return authorization.replace(/^Bearer +/i, '');
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

type Work<T> = (ctx: Context, input: RetracedInput, credential: string) => Promise<T>;

function answering<T>(status: number, work: Work<T>): Work<Answer> {
  return async (...asked) => ({ status, body: await work(...asked) });
}

function handlers({ deps, contextOf }: RetracedOptions) {
  return (name: string, work: Work<Answer>) => async (request: FastifyRequest, reply: FastifyReply) => {
    try {
      const ctx = contextOf(request, reply);
      const { params, query, body, headers } = request;
      const answer = work(ctx, { params, query, body }, tokenIn(headers.authorization ?? ''));
      const done = await withinDeadline(answer, ctx.deadline.leftMs(), tooLate);
      return reply.code(done.status).send(done.body);
    } catch (thrown) {
      return sendFailure(reply, thrown, deps, `retraced.${name}`);
    }
  };
}
