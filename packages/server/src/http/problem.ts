/** Sends problems: the body of RFC 9457 and the headers that belong to some of them. */
import type { FastifyReply } from 'fastify';
import { toProblem } from '../kernel/errors/problem.ts';
import type { DomainError } from '../kernel/errors.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** The code of the problem that is answered; null: none is. */
    problemCode: string | null;
  }
}

/** The headers that an error asks for: WWW-Authenticate on 401 (RFC 6750, 3.1), Retry-After on 429 and 503. */
export function problemHeaders({ definition, extras, message }: DomainError): Record<string, string> {
  return {
    ...(definition.status === 'UNAUTHORIZED' ? { 'www-authenticate': challenge(extras.reason, message) } : {}),
    ...(extras.retryAfter === undefined ? {} : { 'retry-after': String(extras.retryAfter) }),
  };
}

function challenge(reason: string | undefined, message: string): string {
  if (reason === undefined) return 'Bearer';
  return `Bearer error="invalid_token", error_description="${message.replace(/[^ !#-[\]-~]/g, "'")}"`;
}

/** Answers with the problem, whatever the reply was going to be. */
export function sendProblem(reply: FastifyReply, error: DomainError): FastifyReply {
  const problem = toProblem(error, reply.request.id);
  reply.problemCode = problem.code;
  return reply.code(problem.status).headers(problemHeaders(error)).type('application/problem+json').send(problem);
}
