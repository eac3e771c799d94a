/** Sends problems: the body of RFC 9457 and the headers that belong to some of them. */
import type { FastifyReply } from 'fastify';
import type { DomainError } from '../kernel/errors.ts';
import { toProblem } from '../kernel/problem.ts';

/** The headers that an error asks for: WWW-Authenticate on 401, Retry-After on 429 and 503. */
export function problemHeaders({ definition, extras }: DomainError): Record<string, string> {
  return {
    ...(definition.status === 'UNAUTHORIZED' ? { 'www-authenticate': 'Bearer' } : {}),
    ...(extras.retryAfter === undefined ? {} : { 'retry-after': String(extras.retryAfter) }),
  };
}

export function sendProblem(reply: FastifyReply, error: DomainError): FastifyReply {
  const problem = toProblem(error, reply.request.id);
  return reply.code(problem.status).headers(problemHeaders(error)).type('application/problem+json').send(problem);
}
