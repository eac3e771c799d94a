/** The line that the log has of each request: who asked for what, and how it ended. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../kernel/actor.ts';
import type { RequestFacts } from '../kernel/request-facts.ts';
import { sourceAddress } from './source-address.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until there is one. */
    facts: RequestFacts | null;
  }
}

/** Returns the facts of the request, to add to. */
export function factsOf(request: FastifyRequest): RequestFacts {
  request.facts ??= {};
  return request.facts;
}

/** Returns the members of the line. None is a secret, a value of the input, or the address of a mailbox. */
export function requestLine(request: FastifyRequest, reply: FastifyReply, route: string) {
  const { id: reqId, method, actor, facts } = request;
  const { statusCode: status, elapsedTime } = reply;
  const outcome = { reqId, method, route, status, ms: Math.round(elapsedTime), ip: sourceAddress(request) };
  // Where no credential is looked at there is no actor, not even null. What is undefined is not written.
  if (!actor) return { ...outcome, ...facts };
  const tenant_id = actor.tenant_id ?? facts?.tenant_id;
  return { ...outcome, ...facts, caller: actor.type, caller_id: callerIdOf(actor), tenant_id };
}

/**
 * Returns the id of the caller: of a key and of a program the id of its row, of a person the id of the user, or the subject
 * where the registry has no user. A provider may be told to use e-mail addresses as subjects: they are left out.
 */
function callerIdOf({ type, id, user_id }: Actor): string | undefined {
  if (type !== 'user') return id;
  if (user_id !== null) return user_id;
  const subject = id.slice(id.indexOf('|') + 1);
  return subject.includes('@') ? undefined : subject;
}
