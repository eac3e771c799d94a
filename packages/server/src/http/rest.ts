/** `/v1`: each procedure with a route is a native Fastify route. */
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import type { Context, Dependencies } from '../kernel/context.ts';
import { callerOf } from '../kernel/direct-call.ts';
import { toDomainError } from '../kernel/errors/to-domain-error.ts';
import { JSON_TYPE, jsonOf } from '../kernel/json-text.ts';
import type { EventStream } from '../kernel/streams/event-stream.ts';
import type { TextStream } from '../kernel/streams/text-stream.ts';
import { sendFailure } from './failure.ts';
import type { Operation } from './operations.ts';
import { sendProblem } from './problem.ts';
import { chargesOf } from './rationing.ts';
import { inputReader, type RequestParts } from './rest-input.ts';
import { sendStream } from './stream.ts';

export type ContextOf = (request: FastifyRequest, reply: FastifyReply) => Context;

export interface Mounted {
  readonly contextOf: ContextOf;
  readonly operations: readonly Operation[];
}

export interface RestOptions extends Mounted {
  readonly deps: Dependencies;
  /** By operation id: what stands before the handler that every operation has. */
  readonly fast: Readonly<Record<string, (otherwise: RouteHandlerMethod) => RouteHandlerMethod>>;
}

/** Mounts the operations. */
export function mountRest(app: FastifyInstance, { deps, contextOf, operations, fast }: RestOptions): void {
  for (const operation of operations) {
    const { method } = operation.route;
    const handler = handlerOf(operation, deps, contextOf);
    app.route({
      method,
      url: fastifyPath(operation),
      handler: fast[operation.route.operation]?.(handler) ?? handler,
      config: {
        ...configOf(operation),
        lasts: operation.route.stream !== undefined,
        isDirect: fast[operation.route.operation] !== undefined,
      },
      bodyLimit: operation.bodyBytesMax,
    });
  }
}

function fastifyPath({ route }: Operation): string {
  return route.path.replace(/\{(\w+)\}/g, ':$1');
}

/** The part of an operation that its guard and its metrics read. */
export function configOf({ surcharge, isPublic }: Pick<Operation, 'surcharge' | 'isPublic'>): FastifyContextConfig {
  return { isPublic, ...(surcharge === undefined ? {} : { surcharge }) };
}

function handlerOf(operation: Operation, { constraints, budgets }: Dependencies, contextOf: ContextOf) {
  const call = callerOf(operation);
  const read = inputReader(operation);
  const { status = 200, location, stream } = operation.route;
  /** A stream begins after the procedure ended, which has logged no failure of it. */
  const streamed = (output: TextStream | EventStream, request: FastifyRequest, reply: FastifyReply) =>
    sendStream(reply, output, chargesOf(budgets, request)).catch((thrown: unknown) =>
      sendFailure(reply, thrown, { constraints }, operation.procedure),
    );
  return async (request: FastifyRequest, reply: FastifyReply) => {
    try {
      const ctx = contextOf(request, reply);
      const output = await call(ctx, () => read(request as RequestParts));
      tellHeaders(reply, ctx);
      if (isUnchanged(request, ctx.answerHeaders.get('etag'))) return reply.code(304).send();
      if (stream !== undefined) return await streamed(output as TextStream | EventStream, request, reply); // its output schema says so
      if (status === 204) return reply.code(204).send();
      if (location !== undefined) reply.header('location', fill(location, output));
      return reply.code(status).header('content-type', JSON_TYPE).send(jsonOf(output));
    } catch (error) {
      return sendProblem(reply, toDomainError(error, constraints));
    }
  };
}

/** Adds the headers that the procedure set. */
export function tellHeaders(reply: FastifyReply, { answerHeaders }: Context): void {
  for (const [name, value] of answerHeaders) reply.header(name, value);
}

/** Tells whether a GET names the tag of what it would get, so that 304 says all (RFC 9110, section 13.1.2). */
function isUnchanged({ method, headers }: FastifyRequest, etag: string | undefined): boolean {
  const known = headers['if-none-match'];
  if (etag === undefined || known === undefined || (method !== 'GET' && method !== 'HEAD')) return false;
  return known.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));
}

function fill(template: string, output: unknown): string {
  const fields = new Map(Object.entries(output ?? {}));
  return template.replace(/\{(\w+)\}/g, (_, field: string) => encodeURIComponent(String(fields.get(field))));
}
