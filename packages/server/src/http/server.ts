/** The HTTP server: limits, headers, request ids, logs, and the two protocols on it. */
import type { DatabaseHandle } from '@tenant-registry/db';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  LogController,
  type RouteHandlerMethod,
} from 'fastify';
import type { Authenticator } from '../authentication/authenticate.ts';
import { BODY_BYTES_MAX } from '../kernel/bounds.ts';
import type { Dependencies } from '../kernel/context.ts';
import { type DomainError, kernelErrors } from '../kernel/errors.ts';
import { type createLogger, withoutSearch } from '../kernel/logger.ts';
import type { Tracing } from '../kernel/tracing.ts';
import { mountAuthorize } from './authorize.ts';
import { acceptOnlyJson } from './body.ts';
import { dress } from './common-headers.ts';
import { type CrossOrigin, crossOrigin } from './cross-origin.ts';
import { mountDocs } from './docs.ts';
import { drainOnClose } from './drain.ts';
import type { HttpConfig } from './environment.ts';
import { fromFastify } from './fastify-errors.ts';
import { forwardedWarning } from './forwarded-warning.ts';
import { guard } from './guard.ts';
import { mountHealth } from './health.ts';
import { hasOneHost } from './host.ts';
import { type KnownPaths, watchPaths } from './known-paths.ts';
import { RECEIVE_MS_MAX, STILL_MS_MAX } from './limits.ts';
import { mountMetrics } from './metrics.ts';
import { operationsOn, type Surface, subscriptionsOn } from './operations.ts';
import { mountPasswordPage } from './password-page.ts';
import { sendProblem } from './problem.ts';
import { contextsOf } from './request-context.ts';
import { createRequestIds } from './request-id.ts';
import { requestLine } from './request-line.ts';
import { requestLogger } from './request-logger.ts';
import { mountRest } from './rest.ts';
import { mountRetracedPublisher, mountRetracedViewer, translateCredentials, viewerAuthenticator } from './retraced.ts';
import { mountSignIn } from './sign-in.ts';
import { traceRequests } from './tracing.ts';
import { mountTrpc } from './trpc.ts';
import { cutUntaken } from './untaken.ts';
import { fastVerify } from './verify.ts';

const PATH_FIELD_LENGTH_MAX = 512;
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

export interface ServerOptions {
  readonly deps: Dependencies;
  readonly logger: ReturnType<typeof createLogger>;
  readonly database: DatabaseHandle;
  readonly authenticator: Authenticator;
  readonly config: HttpConfig;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing | undefined;
}

/** Returns the function that makes the server of a surface, with everything mounted, not yet listening. */
export function serverFactory(options: ServerOptions): (surface: Surface) => Promise<FastifyInstance> {
  const { deps, logger, database, authenticator, config } = options;
  const warnOfProxy = forwardedWarning(config.trustProxy, logger);
  return async (surface) => {
    const app = newApp(options);
    // Before all that may answer: it counts the requests under way.
    const drain = drainOnClose(app, config.shutdownIdleMs);
    warnOfProxy(app);
    const paths = watchPaths(app);
    // Browsers do not reach the internal listener.
    const origins = crossOrigin(surface === 'internal' ? [] : config.corsOrigins);
    if (options.tracing !== undefined) traceRequests(app, options.tracing);
    addHooks(app, { deps, logger, paths, origins });
    mountHealth(app, { database, registryClock: deps.registryClock });
    // The internal listener is reached by products and operators alone, so its metrics need no credential.
    if (surface === 'internal') mountMetrics(app, deps.metrics, { guarded: false });
    if (surface !== 'public') await mountAuthorize(app, { deps, authenticator, config, drain });
    if (surface !== 'internal') {
      await app.register(async (scope) => {
        // A look of a viewer is written down by itself.
        const quiet = { ...deps, accessLog: { ...deps.accessLog, used() {} } };
        await guard(scope, config, { authenticator: viewerAuthenticator(deps), deps: quiet });
        mountRetracedViewer(scope, { deps, contextOf: contextsOf(deps, config.requestTimeoutMs) });
      });
    }
    const fast = {
      verify_api_key: (otherwise: RouteHandlerMethod) =>
        fastVerify({ deps, drain, timeoutMs: config.requestTimeoutMs, otherwise, always: origins.always }),
    };
    await app.register(async (scope) => {
      translateCredentials(scope);
      await guard(scope, config, { authenticator, deps });
      if (surface !== 'internal') mountDocs(scope);
      if (surface === 'all') mountMetrics(scope, deps.metrics, { guarded: true });
      const mounted = { contextOf: contextsOf(deps, config.requestTimeoutMs), operations: operationsOn(surface) };
      if (surface !== 'internal') mountSignIn(scope, { deps, contextOf: mounted.contextOf });
      if (surface !== 'internal' && config.publicUrl !== null) mountPasswordPage(scope);
      if (surface !== 'public') mountRetracedPublisher(scope, { deps, contextOf: mounted.contextOf });
      mountRest(scope, { deps, ...mounted, fast });
      await mountTrpc(scope, {
        ...mounted,
        subscriptions: subscriptionsOn(surface),
        budgets: deps.budgets,
        always: origins.always,
      });
      origins.mountPreflights(scope, paths);
    });
    return app;
  };
}

function newApp({ deps, logger, config }: ServerOptions): FastifyInstance {
  const nextId = createRequestIds();
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    childLoggerFactory: requestLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    // The longest name in a path, the key of a configuration, has 128 characters: a longer one is told what it may be.
    routerOptions: { maxParamLength: PATH_FIELD_LENGTH_MAX },
    requestTimeout: RECEIVE_MS_MAX,
    connectionTimeout: STILL_MS_MAX,
    // The process bounds how long it takes to stop; the framework's own ten seconds would cut a longer answer off.
    pluginTimeout: 0,
    // While the server drains, a request on a connection that is still open is answered like any other.
    return503OnClosing: false,
    trustProxy: config.trustProxy,
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : nextId();
    },
    frameworkErrors: (error, request, reply) => void sendProblem(dress(request, reply), fromFastify(error, deps)),
  });
  // Names that could reach a prototype are refused with all other malformed input, by their place in it.
  const parse = app.getDefaultJsonParser('ignore', 'ignore');
  // An empty body counts as absent, because many clients always send the header.
  acceptOnlyJson(app, (request, text, done) => void (text === '' ? done(null, undefined) : parse(request, text, done)));
  app.decorateRequest('facts', null);
  cutUntaken(app);
  app.setErrorHandler<FastifyError>((error, _, reply) => sendProblem(reply, fromFastify(error, deps, reply.log)));
  return app;
}

const ONE_HOST = { detail: 'Send one Host header, with a host and perhaps a port.' };

function notServed(allow: string | undefined, reply: FastifyReply): DomainError {
  if (allow === undefined) return kernelErrors.routeNotFound();
  reply.header('allow', allow);
  return kernelErrors.methodNotAllowed();
}

interface Hooked extends Pick<ServerOptions, 'deps' | 'logger'> {
  readonly paths: KnownPaths;
  readonly origins: CrossOrigin;
}

function addHooks(app: FastifyInstance, { deps: { metrics }, logger, paths, origins }: Hooked): void {
  // The members of a line are those of `requestLine`.
  const lines = withoutSearch(logger);
  app.addHook('onRequest', (request, reply, done) => {
    // What answers directly writes them itself.
    if (request.routeOptions.config.isDirect !== true) dress(request, reply);
    origins.mark(request, reply);
    // Answered before a body is read: neither the path nor the method gets better by it.
    if (!hasOneHost(request.raw)) sendProblem(reply.header('connection', 'close'), kernelErrors.invalidInput(ONE_HOST));
    else if (request.is404) sendProblem(reply, notServed(paths.allowedAt(request.url), reply));
    else done();
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    if (request.routeOptions.config.isDirect === true && !reply.hasHeader('x-request-id')) dress(request, reply);
    done(null, payload);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request;
    const route = routeOptions.url ?? 'unknown';
    const status = reply.statusCode;
    const seconds = routeOptions.config.lasts === true ? null : reply.elapsedTime / 1_000;
    metrics.answers.answered({ route, method, status, seconds, problem: request.facts?.code ?? null });
    if (logger.isLevelEnabled('info')) {
      // Not the request's own logger, which would have to be made for this one line.
      lines.info(requestLine(request, reply, route), 'request');
    }
    done();
  });
}
