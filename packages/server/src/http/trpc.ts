/** `/trpc`: the same procedures for the SDK. */
import { type FastifyTRPCPluginOptions, fastifyRequestHandler } from '@trpc/server/adapters/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError, kernelErrors, statuses } from '../kernel/errors.ts';
import { type AppRouter, appRouter } from '../router.ts';
import { acceptOnlyJson } from './body.ts';
import { problemHeaders, sendProblem } from './problem.ts';
import { configOf, type Mounted } from './rest.ts';

type Options = FastifyTRPCPluginOptions<AppRouter>['trpcOptions'];

interface TrpcOptions extends Mounted {
  /** Headers of every answer, to which tRPC adds instead of replacing them. */
  readonly always: Readonly<Record<string, string>>;
}

/**
 * Mounts every operation's procedure under its one method, with the body limit of its route. tRPC's own plugin is not used: it
 * reads forms of any size, and its answers to what never reaches a procedure name no request id.
 */
export async function mountTrpc(app: FastifyInstance, { contextOf, operations, always }: TrpcOptions): Promise<void> {
  const trpcOptions: Options = {
    router: appRouter,
    createContext: ({ req, res }) => contextOf(req, res),
    // One call a request: what a request may cost stays bounded.
    allowBatching: false,
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
        handler: (req, res) => fastifyRequestHandler({ ...trpcOptions, req, res: whole(res), path }),
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

/** What tRPC would refuse before it knows the request. */
async function refuseOtherShapes({ method, query, body }: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  if (typeof query === 'object' && query !== null && 'batch' in query) {
    return sendProblem(reply, kernelErrors.invalidInput({ detail: 'Send one call a request, without batch.' }));
  }
  if (method === 'POST' && body === undefined) return sendProblem(reply, kernelErrors.unsupportedMediaType());
  return undefined;
}
