/** Answers for handlers that call what tRPC's layers do not surround, and so log its failures themselves. */
import type { FastifyReply } from 'fastify';
import type { Dependencies } from '../kernel/context.ts';
import { toDomainError } from '../kernel/errors/to-domain-error.ts';
import { logFailure } from '../kernel/trpc.ts';
import { sendProblem } from './problem.ts';

/** Answers with the problem that a thrown value stands for, and logs it under the procedure's name when it was unforeseen. */
export function sendFailure(
  reply: FastifyReply,
  thrown: unknown,
  { constraints }: Pick<Dependencies, 'constraints'>,
  procedure: string,
): FastifyReply {
  const error = toDomainError(thrown, constraints);
  logFailure(reply.request.log, error, procedure);
  return sendProblem(reply, error);
}
