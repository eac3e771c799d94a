/** Request → context: what a procedure may know of the request that it answers. */
import type { Db } from '@tenant-registry/db';
import type { FastifyRequest } from 'fastify';
import type { Actor } from '../kernel/actor.ts';
import { deadlineIn } from '../kernel/async/deadline.ts';
import type { Context, Dependencies } from '../kernel/context.ts';
import { actorInProject } from '../kernel/project-levels.ts';
import { callerSignal } from './caller-signal.ts';
import { factsOf } from './request-line.ts';
import type { ContextOf } from './rest.ts';
import { networkOf, sourceAddress } from './source-address.ts';

/** Returns the function that makes the context of a request, whose answer may take that many milliseconds. */
export function contextsOf(deps: Dependencies, timeoutMs: number): ContextOf {
  return (request, reply) => {
    const signal = callerSignal(reply.raw);
    return {
      ...deps,
      logger: request.log,
      actor: request.actor,
      refusal: request.refusal,
      requestId: request.id,
      facts: factsOf(request),
      sourceIp: sourceAddress(request),
      network: networkOf(request),
      origin: headerOf(request, 'origin'),
      sessionCookie: request.sessionCookie,
      ifMatch: request.headers['if-match'] ?? null,
      idempotencyKey: headerOf(request, 'idempotency-key'),
      lastEventId: headerOf(request, 'last-event-id'),
      idempotencyClaim: null,
      answerHeaders: new Map<string, string>(),
      stillAccepted: stillAccepted(request, deps),
      db: visibleTo(request.actor, deps, signal),
      root: deps.db,
      signal,
      cut: new AbortController(),
      deadline: deadlineIn(timeoutMs - request.identifiedInMs),
    };
  };
}

/** The credential is looked at as it was sent. Whoever it belongs to now has to be the caller that it belonged to. */
function stillAccepted({ actor, reidentify }: FastifyRequest, deps: Dependencies): Context['stillAccepted'] {
  return async (permission, project) => {
    const now = await reidentify();
    if (actor === null || now === null) return false;
    const isSame = actor.principal === now.principal && actor.tenant_id === now.tenant_id;
    if (!isSame || actor.project_id !== now.project_id) return false;
    if (now.permissions.has(permission) || project === undefined) return now.permissions.has(permission);
    return (await actorInProject(deps, { actor: now, permission, project })) !== null;
  };
}

/** Returns the handle whose statements see no more than the actor may: all tenants, or its own tenant and project. */
function visibleTo(actor: Actor | null, { db, forTenant }: Dependencies, signal: AbortSignal): Db {
  if (actor === null || actor.tenant_id === null) return db;
  return forTenant({ tenant_id: actor.tenant_id, project_id: actor.project_id }, signal);
}

/** Returns the value of a header. One that was sent twice is joined with commas, which its own rule then refuses. */
function headerOf({ headers }: FastifyRequest, name: string): string | null {
  const value = headers[name];
  return value === undefined ? null : String(value);
}
