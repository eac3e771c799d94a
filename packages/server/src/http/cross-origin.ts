/**
 * Which pages of other origins may read answers (the CORS protocol of the Fetch standard). Pages send their credential
 * themselves: no cookie and no other ambient credential counts here, so none is allowed across origins.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { kernelErrors } from '../kernel/errors.ts';
import type { KnownPaths } from './known-paths.ts';
import { sendProblem } from './problem.ts';

/** The headers that a page may send besides those that every page may. */
const SENT = [
  'authorization',
  'content-type',
  'idempotency-key',
  'if-match',
  'last-event-id',
  'traceparent',
  'x-request-id',
];
/** The headers of answers that a page may read besides those that every page may. */
const READ = [
  'ETag',
  'Location',
  'Allow',
  'X-Request-Id',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'Idempotency-Replayed',
  'WWW-Authenticate',
  'Content-Disposition',
];
/** How long a browser may remember what a preflight was told. */
const PREFLIGHT_SECONDS = 600;

export interface CrossOrigin {
  /** The headers of every answer. */
  readonly always: Readonly<Record<string, string>>;
  /** Adds what lets the page that sent the request read the answer, when its origin may. */
  mark(request: FastifyRequest, reply: FastifyReply): void;
  /** Mounts the answers to preflights on every path that is known so far, behind the limits of the scope. */
  mountPreflights(scope: FastifyInstance, paths: KnownPaths): void;
}

/** Makes what the origins need; nothing without any. */
export function crossOrigin(origins: readonly string[]): CrossOrigin {
  const allowed = new Set(origins);
  if (allowed.size === 0) return { always: {}, mark() {}, mountPreflights() {} };
  const always = { vary: 'Origin' };
  return {
    always,
    mark({ headers: { origin } }, reply) {
      reply.headers(always);
      if (origin === undefined || !allowed.has(origin)) return;
      reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': READ.join(', ') });
    },
    mountPreflights(scope, paths) {
      for (const url of paths.without('OPTIONS')) {
        scope.route({
          method: 'OPTIONS',
          url,
          onRequest: async ({ url, headers }, reply) => {
            const methods = paths.allowedAt(url) ?? '';
            const asked = headers['access-control-request-method'];
            if (asked === undefined || !allowed.has(headers.origin ?? ''))
              return sendProblem(reply.header('allow', methods), kernelErrors.methodNotAllowed());
            return reply.code(204).headers(preflightHeaders(methods)).send();
          },
          handler: () => undefined,
        });
      }
    },
  };
}

function preflightHeaders(methods: string) {
  return {
    'access-control-allow-methods': methods,
    'access-control-allow-headers': SENT.join(', '),
    'access-control-max-age': String(PREFLIGHT_SECONDS),
  };
}
