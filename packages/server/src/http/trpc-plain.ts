/**
 * Answers plain calls of `/trpc` as tRPC's own handler does, without it: that one makes a request, a response and their headers
 * anew for each call, which costs more than the answer. What is not plain is handed to it; a test holds both ways equal.
 */
import { getTRPCErrorShape, TRPCError } from '@trpc/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../kernel/context.ts';
import { callerOf } from '../kernel/direct-call.ts';
import { toDomainError } from '../kernel/errors/to-domain-error.ts';
import { statuses } from '../kernel/errors.ts';
import { jsonOf } from '../kernel/json-text.ts';
import { toTrpcError } from '../kernel/trpc.ts';
import { appRouter } from '../router.ts';
import type { Operation } from './operations.ts';
import { problemHeaders } from './problem.ts';
import { factsOf } from './request-line.ts';
import { type ContextOf, tellHeaders } from './rest.ts';

const JSON_TYPE = 'application/json';
/** The answer depends on them, says tRPC. */
const VARY = 'trpc-accept, accept';

export interface PlainOptions {
  readonly contextOf: ContextOf;
  /** Headers of every answer, to which tRPC's are added. */
  readonly always: Readonly<Record<string, string>>;
  /** tRPC's own handler. */
  readonly otherwise: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

/** Returns the handler of an operation. */
export function plainly(operation: Operation, { contextOf, always, otherwise }: PlainOptions) {
  if (operation.route.stream !== undefined) return otherwise;
  const call = callerOf(operation);
  const vary = [VARY, always['vary'] ?? []].flat().join(', ');
  const send = (reply: FastifyReply, status: number, text: string) =>
    reply
      .code(status)
      .headers({ ...always, vary, 'content-type': JSON_TYPE })
      .send(Buffer.from(text));
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const asked = plainInput(request);
    if (asked === undefined) return otherwise(request, reply);
    const ctx = contextOf(request, reply);
    try {
      const data = jsonOf(await call(ctx, () => asked.input));
      tellHeaders(reply, ctx);
      return send(reply, 200, data === undefined ? '{"result":{}}' : `{"result":{"data":${data}}}`);
    } catch (thrown) {
      const error = toDomainError(thrown, ctx.constraints);
      factsOf(request).code = error.definition.code;
      tellHeaders(reply, ctx);
      reply.headers(problemHeaders(error));
      const shape = errorShape(thrown instanceof TRPCError ? thrown : toTrpcError(error), { ctx, operation, ...asked });
      return send(reply, statuses[error.definition.status].http, JSON.stringify({ error: shape }));
    }
  };
}

interface Failed {
  readonly ctx: Context;
  readonly operation: Operation;
  readonly input: unknown;
}

function errorShape(error: TRPCError, { ctx, operation: { procedure: path, type }, input }: Failed) {
  return getTRPCErrorShape({ config: appRouter._def._config, error, type, path, input, ctx });
}

/** Returns the input of a call in its usual form: JSON, and nothing besides. Undefined: tRPC decides what it means. */
function plainInput({ method, query, body, headers }: FastifyRequest): { readonly input: unknown } | undefined {
  if (headers['trpc-accept'] !== undefined || headers.accept?.includes('jsonl')) return undefined;
  const isGet = method === 'GET';
  if (isGet ? !(headers['content-type'] ?? JSON_TYPE).startsWith(JSON_TYPE) : method !== 'POST') return undefined;
  const { input: inQuery, ...others } = query as Readonly<Record<string, unknown>>;
  if (Object.keys(others).length > 0 || (!isGet && inQuery !== undefined)) return undefined;
  const text = isGet ? inQuery : body;
  if (typeof text !== 'string') return undefined;
  try {
    return { input: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
