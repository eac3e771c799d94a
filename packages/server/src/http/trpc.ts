/** `/trpc`: the same procedures for the SDK. */
import { type FastifyTRPCPluginOptions, fastifyRequestHandler } from '@trpc/server/adapters/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Budgets } from '../kernel/budgets.ts';
import { toDomainError } from '../kernel/errors/to-domain-error.ts';
import { DomainError, kernelErrors, statuses } from '../kernel/errors.ts';
import type { EventStream } from '../kernel/streams/event-stream.ts';
import { type AppRouter, appRouter } from '../router.ts';
import { acceptOnlyJson } from './body.ts';
import type { Subscription } from './operations.ts';
import { problemHeaders, sendProblem } from './problem.ts';
import { chargesOf } from './rationing.ts';
import { factsOf } from './request-line.ts';
import { configOf, type Mounted } from './rest.ts';
import { sendStream } from './stream.ts';
import { plainly } from './trpc-plain.ts';

type Options = FastifyTRPCPluginOptions<AppRouter>['trpcOptions'];

interface TrpcOptions extends Mounted {
  readonly subscriptions: readonly Subscription[];
  readonly budgets: Budgets;
  /** Headers of every answer, to which tRPC adds instead of replacing them. */
  readonly always: Readonly<Record<string, string>>;
}

/**
 * Mounts every operation's procedure under its one method, with the body limit of its route, and every subscription. tRPC's own plugin is not used: it
 * reads forms of any size, and its answers to what never reaches a procedure name no request id.
 */
export async function mountTrpc(app: FastifyInstance, options: TrpcOptions): Promise<void> {
  const { contextOf, operations, subscriptions, budgets, always } = options;
  const trpcOptions: Options = {
    router: appRouter,
    createContext: ({ req, res }) => contextOf(req, res),
    // One call a request: what a request may cost stays bounded.
    allowBatching: false,
    onError({ req, error, ctx }) {
      factsOf(req).code = toDomainError(error, ctx?.constraints ?? new Map()).definition.code;
    },
    responseMeta({ ctx, errors: [error] }) {
      const problem = error?.cause instanceof DomainError ? error.cause : undefined;
      const headers = problem === undefined ? {} : problemHeaders(problem);
      const all = [...Object.entries(always), ...(ctx?.answerHeaders ?? []), ...Object.entries(headers)];
      const status = problem === undefined ? {} : { status: statuses[problem.definition.status].http };
      return { ...status, headers: new Headers(all) };
    },
  };
  await app.register(async (scope) => {
    // tRPC parses the body itself.
    acceptOnlyJson(scope, (_, text, done) => done(null, text));
    for (const operation of operations) {
      const { procedure: path, type, bodyBytesMax } = operation;
      const url = `/trpc/${path}`;
      const method = type === 'query' ? 'GET' : 'POST';
      scope.route({
        method,
        url,
        bodyLimit: bodyBytesMax,
        config: configOf(operation),
        preHandler: refuseOtherShapes,
        handler: plainly(operation, {
          contextOf,
          always,
          otherwise: (req, res) => fastifyRequestHandler({ ...trpcOptions, req, res: whole(res), path }),
        }),
      });
    }
    for (const subscription of subscriptions) {
      const { procedure: path } = subscription;
      scope.route({
        method: 'GET',
        url: `/trpc/${path}`,
        config: { ...configOf(subscription), lasts: true },
        preHandler: refuseOtherShapes,
        handler: (req, res) => {
          const cut = new AbortController();
          const createContext: Options['createContext'] = () => ({ ...contextOf(req, res), cut });
          const streaming = streamed(res, { charge: chargesOf(budgets, req), cut: cut.signal });
          return fastifyRequestHandler({ ...trpcOptions, createContext, req, res: streaming, path });
        },
      });
    }
  });
}

/** Sends what tRPC answers with as a whole: its length is known, to the caller and to what counts it here. */
function whole(reply: FastifyReply): FastifyReply {
  const send = async (response: Response) => {
    reply.code(response.status).headers(Object.fromEntries(response.headers));
    return reply.send(response.body === null ? undefined : Buffer.from(await response.arrayBuffer()));
  };
  return Object.assign(Object.create(reply), { send });
}

/** The headers that every stream of the registry has in its own form. */
const STREAM_HEADERS = ['cache-control', 'connection', 'content-type', 'x-accel-buffering'];

interface Streaming {
  readonly charge: (bytes: number) => void;
  /** Aborts when the reader is too slow to be kept. */
  readonly cut: AbortSignal;
}

/** Sends what tRPC answers with as it is made, like a stream of REST. */
function streamed(reply: FastifyReply, { charge, cut }: Streaming): FastifyReply {
  const send = async (response: Response) => {
    const { body } = response;
    if (body === null) return whole(reply).send(response);
    const own = [...response.headers].filter(([name]) => !STREAM_HEADERS.includes(name));
    reply.code(response.status).headers(Object.fromEntries(own));
    return sendStream(reply, eventsOf(body, cut), charge);
  };
  return Object.assign(Object.create(reply), { send });
}

/** Returns the text of the body. A reader that stops early ends the subscription. */
function eventsOf(body: ReadableStream<Uint8Array>, cut: AbortSignal): EventStream {
  const open = async () => {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    return {
      [Symbol.asyncIterator]: () => ({
        async next(): Promise<IteratorResult<string>> {
          const { done, value } = await reader.read();
          return done ? { value: undefined, done } : { value: decoder.decode(value, { stream: true }), done };
        },
        async return(): Promise<IteratorResult<string>> {
          // Not waited for: the subscription may be waiting for an event.
          reader.cancel().catch(() => {});
          return { value: undefined, done: true };
        },
      }),
    };
  };
  return {
    mediaType: 'text/event-stream',
    cut,
    open,
    async *[Symbol.asyncIterator]() {
      yield* await open();
    },
  };
}

/** What tRPC would refuse before it knows the request. */
async function refuseOtherShapes({ method, query, body }: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  if (typeof query === 'object' && query !== null && 'batch' in query) {
    return sendProblem(reply, kernelErrors.invalidInput({ detail: 'Send one call a request, without batch.' }));
  }
  if (method === 'POST' && body === undefined) return sendProblem(reply, kernelErrors.unsupportedMediaType());
  return undefined;
}
