/** The HTTP server: limits, headers, request ids, logs, and the two protocols on it. */
import type { DatabaseHandle, Db } from '@tenant-registry/db';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
  type RouteHandlerMethod,
} from 'fastify';
import type { Authenticator } from '../authentication/authenticate.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Context, Dependencies } from '../kernel/context.ts';
import { toDomainError } from '../kernel/errors/to-domain-error.ts';
import { DomainError, kernelErrors } from '../kernel/errors.ts';
import type { createLogger } from '../kernel/logger.ts';
import { acceptOnlyJson } from './body.ts';
import { mountDocs } from './docs.ts';
import { drainOnClose } from './drain.ts';
import { guard, type Limits } from './guard.ts';
import { mountHealth } from './health.ts';
import { BODY_BYTES_MAX, RECEIVE_MS_MAX } from './limits.ts';
import { mountMetrics } from './metrics.ts';
import { openapiDocument } from './openapi.ts';
import { operationsOn, type Surface } from './operations.ts';
import { sendProblem } from './problem.ts';
import { createRequestIds } from './request-id.ts';
import { requestLogger } from './request-logger.ts';
import { mountRest } from './rest.ts';
import { securityHeaders } from './security-headers.ts';
import { sourceAddress } from './source-address.ts';
import { mountTrpc } from './trpc.ts';
import { fastVerify } from './verify.ts';

const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

export interface ServerOptions {
  readonly deps: Dependencies;
  readonly logger: ReturnType<typeof createLogger>;
  readonly database: DatabaseHandle;
  readonly authenticator: Authenticator;
  readonly limits: Limits;
  /** Which operations the server answers: all, those of the public, or those of products and gateways. */
  readonly surface: Surface;
  readonly trustProxy: string | false;
  /** How long a connection without a request stays open while the server closes. */
  readonly idleMs: number;
}

/** Returns the server with everything mounted, not yet listening. */
export async function createServer({
  deps,
  logger,
  database,
  authenticator,
  limits,
  surface,
  trustProxy,
  idleMs,
}: ServerOptions): Promise<FastifyInstance> {
  const nextId = createRequestIds();
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    childLoggerFactory: requestLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: RECEIVE_MS_MAX,
    // While the server drains, a request on a connection that is still open is answered like any other.
    return503OnClosing: false,
    trustProxy,
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : nextId();
    },
    frameworkErrors: (error, _, reply) => void sendProblem(reply, fromFastify(error, deps)),
  });
  const parse = app.getDefaultJsonParser('error', 'error');
  // An empty body counts as absent, because many clients always send the header.
  acceptOnlyJson(app, (request, text, done) => void (text === '' ? done(null, undefined) : parse(request, text, done)));
  addHooks(app, deps, logger);
  const drain = drainOnClose(app, idleMs);
  app.setErrorHandler<FastifyError>((error, _, reply) => sendProblem(reply, fromFastify(error, deps, reply.log)));
  app.setNotFoundHandler((_, reply) => sendProblem(reply, kernelErrors.routeNotFound()));

  mountHealth(app, database);
  // The internal listener is reached by products and operators alone, so its metrics need no credential.
  if (surface === 'internal') mountMetrics(app, deps.metrics, { guarded: false });
  const operations = operationsOn(surface);
  const fast = { verify_api_key: (otherwise: RouteHandlerMethod) => fastVerify({ deps, drain, otherwise }) };
  await app.register(async (scope) => {
    await guard(scope, limits, { authenticator, deps });
    if (surface !== 'internal') mountDocs(scope, openapiDocument());
    if (surface === 'all') mountMetrics(scope, deps.metrics, { guarded: true });
    const mounted = { contextOf: contextsOf(deps), operations };
    mountRest(scope, { deps, ...mounted, fast });
    await mountTrpc(scope, mounted);
  });
  return app;
}

function contextsOf(deps: Dependencies): (request: FastifyRequest) => Context {
  return (request) => ({
    ...deps,
    db: visibleTo(request.actor, deps),
    root: deps.db,
    logger: request.log,
    actor: request.actor,
    refusal: request.refusal,
    requestId: request.id,
    sourceIp: sourceAddress(request),
    ifMatch: request.headers['if-match'] ?? null,
    idempotencyKey: headerOf(request, 'idempotency-key'),
    lastEventId: headerOf(request, 'last-event-id'),
    idempotencyClaim: null,
    answerHeaders: new Map(),
  });
}

/** Returns the handle whose statements see no more than the actor may: all tenants, or its own tenant and project. */
function visibleTo(actor: Actor | null, { db, forTenant }: Dependencies): Db {
  if (actor === null || actor.tenant_id === null) return db;
  return forTenant({ tenant_id: actor.tenant_id, project_id: actor.project_id });
}

/** Returns the value of a header. One that was sent twice is joined with commas, which its own rule then refuses. */
function headerOf({ headers }: FastifyRequest, name: string): string | null {
  const value = headers[name];
  return value === undefined ? null : String(value);
}

function addHooks(app: FastifyInstance, { metrics }: Dependencies, logger: ServerOptions['logger']): void {
  const always = { ...securityHeaders({ defaultSrc: ["'none'"] }), 'cache-control': 'no-store' };
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(always).header('x-request-id', request.id);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request;
    const route = routeOptions.url ?? 'unknown';
    const status = reply.statusCode;
    metrics.httpRequests.inc({ route, method, status: `${Math.trunc(status / 100)}xx` });
    if (logger.isLevelEnabled('info')) {
      const ms = Math.round(reply.elapsedTime);
      // Not the request's own logger, which would have to be made for this one line.
      logger.info({ reqId: request.id, method, route, status, ms, ip: sourceAddress(request) }, 'request');
    }
    done();
  });
}

function fromFastify(error: FastifyError, { constraints }: Dependencies, log?: FastifyRequest['log']): DomainError {
  if (error instanceof DomainError) return error;
  switch (error.statusCode) {
    case 400:
      return kernelErrors[error.code === 'FST_ERR_BAD_URL' ? 'invalidInput' : 'invalidJson']({ cause: error });
    case 413:
      return kernelErrors.bodyTooLarge({ cause: error });
    case 414: // one of the parts of the path
      return kernelErrors.invalidInput({ cause: error });
    case 415:
      return kernelErrors.unsupportedMediaType({ cause: error });
    case 503:
      return kernelErrors.overloaded({ cause: error, retryAfter: 1 });
    default:
      log?.error({ err: error }, 'request failed');
      return toDomainError(error, constraints);
  }
}
