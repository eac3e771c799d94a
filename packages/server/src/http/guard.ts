/** Stands before every operation: sheds load, finds out who asks, and counts how often. */
import { Readable } from 'node:stream';
import rateLimit from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import type { Authenticator } from '../authentication/authenticate.ts';
import type { Actor } from '../kernel/actor.ts';
import { withinDeadline } from '../kernel/async/deadline.ts';
import type { BudgetLimits } from '../kernel/budgets.ts';
import type { Dependencies } from '../kernel/context.ts';
import type { CookieReader } from '../kernel/credentials.ts';
import { toDomainError } from '../kernel/errors/to-domain-error.ts';
import { DomainError, kernelErrors, tooLate } from '../kernel/errors.ts';
import { cookieValue } from './cookies.ts';
import type { HttpConfig } from './environment.ts';
import { chargeAnswers, spend } from './rationing.ts';
import { sharedStore } from './shared-store.ts';
import { networkOf, sourceAddress } from './source-address.ts';

declare module 'fastify' {
  interface FastifyRequest {
    actor: Actor | null;
    /** Why the credential was refused, when one was sent. */
    refusal: DomainError | null;
    /** The cookie by which the actor became known. */
    sessionCookie: string | null;
    /**
     * Looks at the credential once more. Resolves to null when it is refused; rejects when that cannot be known now. It
     * counts neither as a use nor as a guess.
     */
    reidentify: () => Promise<Actor | null>;
    /** What is gone of the time for the answer: the milliseconds that it took to find out who asks. */
    identifiedInMs: number;
  }
}

/** Each is counted by this process, or by its group; 0 means no limit. */
export interface Limits extends BudgetLimits {
  /** Requests a minute from one address without an accepted credential. */
  readonly addressPerMinute: number;
  /** Wrong credentials a minute from one address: above it, only static tokens and cookies are looked at. */
  readonly failuresPerMinute: number;
  /** How late timers may be before requests are answered 503. */
  readonly eventLoopDelayMaxMs: number;
}

const MINUTE_MS = 60_000;

/** Guards every route that is added to the scope afterwards. The operation answers a refused credential, without reading the body. */
export async function guard(
  scope: FastifyInstance,
  { limits, requestTimeoutMs }: Pick<HttpConfig, 'limits' | 'requestTimeoutMs'>,
  { authenticator, deps }: { authenticator: Authenticator; deps: Dependencies },
): Promise<void> {
  await shedAbove(scope, limits.eventLoopDelayMaxMs);
  const { sharedCounts } = deps;
  const store = sharedCounts === null ? {} : { store: sharedStore(sharedCounts) };
  await scope.register(rateLimit, { global: false, enableDraftSpec: true, keyGenerator: networkOf, ...store });
  scope.decorateRequest('actor', null);
  scope.decorateRequest('refusal', null);
  scope.decorateRequest('sessionCookie', null);
  scope.decorateRequest('identifiedInMs', 0);
  scope.decorateRequest('reidentify', async () => null);
  const identify = identifier(scope, limits, { authenticator, deps });
  const perAddress = limiter(scope, limits.addressPerMinute);
  chargeAnswers(scope, deps.budgets);
  scope.addHook('onRequest', function (request, reply, done) {
    const { authorization } = request.headers;
    const presented = authorization ?? cookieOf(request, authenticator);
    if (authorization !== undefined) request.actor = authenticator.recognize(authorization) ?? null;
    const { actor } = request;
    if (actor !== null) {
      deps.accessLog.used(actor);
      request.reidentify = async () => actor;
    }
    // Products ask most often and are not rationed: nothing here makes them wait.
    if (actor?.type === 'internal') return done();
    if (actor !== null) return done(refusalOf(() => spend(deps.budgets, request)));
    const admit = async () => {
      if (presented !== undefined) {
        const start = performance.now();
        await withinDeadline(identify(request, presented), requestTimeoutMs, tooLate);
        request.identifiedInMs = performance.now() - start;
      }
      if (request.actor === null) await perAddress?.call(this, request, reply);
      else spend(deps.budgets, request);
    };
    admit().then(() => done(), done);
  });
  // Keeps the body of a caller without an accepted credential out of memory, however large it is and however slowly it
  // comes. The front door reads one that is small.
  scope.addHook('preParsing', (request, _reply, payload, done) => {
    const read = request.actor !== null || request.routeOptions.config.isPublic === true;
    done(null, read ? payload : unread(request));
  });
}

/** Returns what the work throws; undefined when it succeeds. */
function refusalOf(work: () => void): Error | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error as Error; // all that the work throws is one
  }
}

/** Stands in for a body that is not read: the operation refuses the caller before it looks at it. */
function unread({ headers }: FastifyRequest): Readable {
  return Object.assign(Readable.from([]), { receivedEncodedLength: Number(headers['content-length'] ?? 0) });
}

/** Returns the hook that answers 429 above `max` requests a minute; undefined when there is no limit. */
export function limiter(scope: FastifyInstance, max: number): preHandlerAsyncHookHandler | undefined {
  if (max === 0) return undefined;
  return scope.rateLimit({
    max,
    timeWindow: MINUTE_MS,
    errorResponseBuilder: (_, { ttl }) => kernelErrors.rateLimited({ retryAfter: Math.ceil(ttl / 1000) }),
  });
}

/**
 * Finds out whom a credential belongs to, unless too many guesses came from this address. A credential that was proved and
 * has ended is refused, and counts as no guess: one forgotten job must not lock a whole office out. A cookie is no guess
 * either: nobody guesses 256 random bits, and a product that asks for its people sends the stale cookies of all of them
 * from one address. Unknown ones are looked up as often as a principal may ask, because each costs a read.
 */
function identifier(
  scope: FastifyInstance,
  { failuresPerMinute, principalPerMinute }: Limits,
  { authenticator, deps }: { authenticator: Authenticator; deps: Dependencies },
): (request: FastifyRequest, credential: string | PresentedCookie) => Promise<void> {
  const tallyOf = (max: number) => ({ max, count: scope.createRateLimit({ max, timeWindow: MINUTE_MS }) });
  const [guesses, strangers] = [tallyOf(failuresPerMinute), tallyOf(principalPerMinute)];
  return async (request, credential) => {
    const presented = { from: networkOf(request), tenantId: textOf(request.headers['x-tenant-id']) };
    const kind = typeof credential === 'string' ? authenticator.kindOf(credential, presented) : credential.reader.kind;
    const source = sourceAddress(request) ?? 'unknown';
    const failures = typeof credential === 'string' ? guesses : strangers;
    if (failures.max > 0) {
      const tally = await failures.count(request, { increment: false });
      if (!tally.isAllowed && tally.remaining === 0) {
        deps.accessLog.failed(kind, 'rate_limited', source);
        throw kernelErrors.rateLimited({ retryAfter: Math.max(1, tally.ttlInSeconds), detail: TOO_MANY_FAILURES });
      }
    }
    const ask = () =>
      typeof credential === 'string'
        ? authenticator.identify(credential, presented)
        : credential.reader.identify(credential.value, presented);
    try {
      const actor = await ask();
      if (typeof credential !== 'string') {
        if (!isSafe(request)) requireDeliberate(request, credential);
        request.sessionCookie = credential.value;
      }
      request.actor = actor;
      request.reidentify = () => ask().catch(nullIfRefused);
      deps.accessLog.used(actor);
    } catch (error) {
      request.refusal = toDomainError(error, deps.constraints);
      const { definition, extras } = request.refusal;
      if (definition.status !== 'UNAUTHORIZED') return;
      if (failures.max > 0 && !extras.genuine) await failures.count(request);
      deps.accessLog.failed(kind, extras.reason ?? 'unknown', source);
    }
  };
}

function nullIfRefused(error: unknown): null {
  if (error instanceof DomainError && error.definition.status === 'UNAUTHORIZED') return null;
  throw error;
}

interface PresentedCookie {
  readonly reader: CookieReader;
  readonly value: string;
}

/** Returns the first cookie of the request that counts as a credential. */
function cookieOf({ headers: { cookie } }: FastifyRequest, { cookies }: Authenticator): PresentedCookie | undefined {
  if (cookie === undefined) return undefined;
  for (const reader of cookies) {
    const value = cookieValue(cookie, reader.cookie);
    if (value !== undefined) return { reader, value };
  }
  return undefined;
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

function isSafe({ method }: FastifyRequest): boolean {
  return SAFE_METHODS.includes(method);
}

/** Throws `csrf_failed` unless a page of ours sent the request. */
function requireDeliberate({ headers }: FastifyRequest, { reader, value }: PresentedCookie): void {
  const sent = { origin: textOf(headers.origin), token: textOf(headers['x-csrf-token']) };
  if (!reader.isDeliberate(value, sent)) throw kernelErrors.csrfFailed();
}

function textOf(value: string | readonly string[] | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

const TOO_MANY_FAILURES = 'Too many wrong credentials came from your address: wait as long as Retry-After says.';

const SAMPLE_MS = 500;

/**
 * Answers requests of the scope 503 while timers are later than that. What loading and mounting cost does not count: a server
 * that has just said that it is ready answers.
 */
export async function shedAbove(scope: FastifyInstance, maxEventLoopDelay: number): Promise<void> {
  if (maxEventLoopDelay === 0) return;
  let from = Number.POSITIVE_INFINITY;
  scope.addHook('onReady', async () => {
    from = performance.now() + 2 * SAMPLE_MS; // the sample that is then in effect began after this
  });
  await scope.register(underPressure, {
    maxEventLoopDelay,
    sampleInterval: SAMPLE_MS,
    // What it throws is answered as a problem, like every error.
    pressureHandler: async () => {
      if (performance.now() >= from) throw kernelErrors.overloaded({ retryAfter: 1 });
    },
  });
}
