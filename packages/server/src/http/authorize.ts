/**
 * `/v1/internal/authorize`: the question of a gateway that lets a request through to a product or does not. It is
 * answered by status and headers to every method, without a body and without the layers of other operations.
 */
import { METHODS } from 'node:http';
import { parse } from 'node:querystring';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator } from '../authentication/authenticate.ts';
import { withinDeadline } from '../kernel/async/deadline.ts';
import type { Dependencies } from '../kernel/context.ts';
import { placed } from '../kernel/errors/input-place.ts';
import { inputMistakes } from '../kernel/errors/input-texts.ts';
import { malformed } from '../kernel/errors/malformed.ts';
import { kernelErrors, tooLate } from '../kernel/errors.ts';
import {
  type GatewayQuestion,
  gatewayQuestion,
  gatewayRefusal,
  identityHeaders,
  presentedKey,
} from '../modules/api-keys/authorize.ts';
import { apiKeyErrors } from '../modules/api-keys/errors.ts';
import type { AcceptedApiKey, Verdict } from '../modules/api-keys/schema.ts';
import { productAt, verifyApiKey } from '../modules/api-keys/verify.ts';
import { answerDirectly } from './direct-answer.ts';
import type { Drain } from './drain.ts';
import type { HttpConfig } from './environment.ts';
import { sendFailure } from './failure.ts';
import { limiter, shedAbove } from './guard.ts';
import { AUTHORIZE_PATH } from './limits.ts';
import { sendProblem } from './problem.ts';
import { factsOf } from './request-line.ts';
import { networkOf, sourceAddress } from './source-address.ts';

/** Carries the gateway's own credential, because `Authorization` is the client's. */
const TOKEN_HEADER = 'x-registry-token';
/** Carries the question below the path, where the query is the client's. */
const QUESTION_HEADER = 'x-registry-question';

export interface AuthorizeOptions {
  readonly deps: Dependencies;
  readonly authenticator: Authenticator;
  readonly config: Pick<HttpConfig, 'limits' | 'requestTimeoutMs'>;
  readonly drain: Drain;
}

/** Mounts the path and everything below it, for every method that a request can have. */
export async function mountAuthorize(app: FastifyInstance, options: AuthorizeOptions): Promise<void> {
  const { limits } = options.config;
  await app.register(async (scope) => {
    await shedAbove(scope, limits.eventLoopDelayMaxMs);
    await scope.register(rateLimit, { global: false, enableDraftSpec: true, keyGenerator: networkOf });
    const perAddress = limiter(scope, limits.addressPerMinute);
    scope.decorateRequest('actor', null);
    const answer = answerer(options);
    // In a hook before the body: it is neither waited for nor read.
    scope.addHook('onRequest', async function (request, reply) {
      if (!isGateway(request, options)) {
        await perAddress?.call(this, request, reply);
        return sendProblem(reply, apiKeyErrors.gatewayUnknown());
      }
      return answer(request, reply);
    });
    // Envoy asks by the method of the client, WebDAV's included.
    for (const method of METHODS.filter((each) => each !== 'CONNECT' && !scope.supportedMethods.includes(each)))
      scope.addHttpMethod(method);
    for (const url of [AUTHORIZE_PATH, `${AUTHORIZE_PATH}/*`])
      scope.route({ method: scope.supportedMethods, url, exposeHeadRoute: false, handler: () => undefined });
  });
}

/** Tells whether the request comes from a holder of the internal token, and notes who came in and who did not. */
function isGateway(request: FastifyRequest, { authenticator, deps }: AuthorizeOptions): boolean {
  const token = request.headers[TOKEN_HEADER];
  if (token === undefined) return false;
  const actor = authenticator.recognize(`Bearer ${token}`);
  if (!actor?.permissions.has('api_keys:verify')) {
    deps.accessLog.failed('token', 'unknown', sourceAddress(request) ?? 'unknown');
    return false;
  }
  request.actor = actor;
  deps.accessLog.used(actor);
  return true;
}

function answerer({ deps, drain, config }: AuthorizeOptions) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    try {
      const question = questionOf(request);
      const key = presentedKey(request.raw.headersDistinct);
      if (key === undefined) throw kernelErrors.unauthenticated();
      const asked = verifyApiKey(deps, { ...question, key }, () => productAt(sourceAddress(request)));
      const inTime = asked instanceof Promise ? withinDeadline(asked, config.requestTimeoutMs, tooLate) : asked;
      const verdict = await inTime;
      if (verdict.valid) factsOf(request).tenant_id = verdict.tenant_id;
      if (verdict.valid) return answerDirectly(reply, drain, { headers: headersOf(verdict) });
      if (verdict.code === 'insufficient_scope') reply.header('www-authenticate', scopeChallenge(question));
      return sendProblem(reply, gatewayRefusal(verdict.code));
    } catch (thrown) {
      return sendFailure(reply, thrown, deps, 'apiKeys.authorize');
    }
  };
}

/**
 * Returns what the gateway asks: on the path itself its query, below it the header, because gateways that append the
 * path of the client append its query too. Throws `invalid_input`.
 */
function questionOf({ routeOptions, query, headers }: FastifyRequest): GatewayQuestion {
  const isBare = routeOptions.url === AUTHORIZE_PATH;
  const given = isBare ? (query as Record<string, unknown>) : parse(String(headers[QUESTION_HEADER] ?? '')); // an object
  const { scopes = '', ...rest } = given;
  const asked = { ...rest, scopes: scopes === '' ? [] : String(scopes).split(',') };
  const { data, error } = gatewayQuestion.safeParse(asked);
  const odd = malformed(data?.product, '/product');
  const mistakes = [...(error === undefined ? [] : inputMistakes(error, asked)), ...(odd === undefined ? [] : [odd])];
  if (data !== undefined && mistakes.length === 0) return data;
  const errors = mistakes.map((mistake) => ({ ...mistake, in: isBare ? 'query' : 'header' }) as const);
  throw placed(kernelErrors.invalidInput({ errors }), { method: 'GET', path: AUTHORIZE_PATH });
}

/** RFC 6750, 3.1. No scope has a character that ends the quotes. */
function scopeChallenge({ scopes }: GatewayQuestion): string {
  return `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"`;
}

/** The headers of each remembered verdict, written out once. */
const written = new WeakMap<Verdict, Readonly<Record<string, string>>>();

function headersOf(accepted: AcceptedApiKey): Readonly<Record<string, string>> {
  let known = written.get(accepted);
  if (known === undefined) {
    known = identityHeaders(accepted);
    written.set(accepted, known);
  }
  return known;
}
