/**
 * Reads one configuration without the layers that other operations go through, because products may read one on every request
 * of theirs. It answers plain questions itself and hands every other one to those layers; a test holds both ways equal.
 */
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { withinDeadline } from '../kernel/async/deadline.ts';
import type { ActorContext, Context, Dependencies } from '../kernel/context.ts';
import { tooLate } from '../kernel/errors.ts';
import { etagOf } from '../kernel/etag.ts';
import { withoutFields } from '../kernel/idempotency.ts';
import { type Config, config } from '../modules/configs/schema.ts';
import { hashedFields } from '../modules/configs/values/router.ts';
import { getConfigInput } from '../modules/configs/values/schema.ts';
import { getConfig } from '../modules/configs/values/service.ts';
import { sendFailure } from './failure.ts';
import type { ContextOf } from './rest.ts';

const PROCEDURE = 'configs.get';

export interface FastReadOptions {
  readonly deps: Dependencies;
  readonly contextOf: ContextOf;
  /** The handler that every operation has. */
  readonly otherwise: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

/** Returns the handler: a caller that holds the permission by role or scope, and asks for the value alone, is answered. */
export function fastReadConfig({ deps, contextOf, otherwise }: FastReadOptions): RouteHandlerMethod {
  return (request, reply) => {
    const input = isPlain(request) ? getConfigInput.safeParse(request.params) : undefined;
    const ctx = input?.success ? contextOf(request, reply) : undefined;
    if (!input?.success || !isKnown(ctx)) return otherwise(request, reply);
    return withinDeadline(getConfig(ctx, input.data), ctx.deadline.leftMs(), tooLate).then(
      (found) => send(reply, found),
      (thrown: unknown) => sendFailure(reply, thrown, deps, PROCEDURE),
    );
  };
}

function isPlain({ query, actor, headers }: FastifyRequest): boolean {
  if (!actor?.permissions.has('configs:read') || headers['if-none-match'] !== undefined) return false;
  for (const _ in query as object) return false; // without making a list of what is nearly always nothing
  return true;
}

function isKnown(ctx: Context | undefined): ctx is ActorContext {
  return ctx !== undefined && ctx.actor !== null;
}

function send(reply: FastifyReply, found: Config): FastifyReply {
  const answer = config.parse(found);
  return reply.header('etag', etagOf(withoutFields(answer, hashedFields))).send(answer);
}
