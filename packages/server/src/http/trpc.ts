/** `/trpc`: the same procedures for the SDK. */
import { type FastifyTRPCPluginOptions, fastifyRequestHandler, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Context } from '../kernel/context.ts';
import { DomainError } from '../kernel/errors.ts';
import { type AppRouter, appRouter } from '../router.ts';
import { listOperations } from './operations.ts';
import { problemHeaders } from './problem.ts';

type Options = FastifyTRPCPluginOptions<AppRouter>['trpcOptions'];

/** Mounts the router. A procedure whose route takes a larger body takes it here too, and no other does. */
export async function mountTrpc(app: FastifyInstance, contextOf: (request: FastifyRequest) => Context): Promise<void> {
  const trpcOptions: Options = {
    router: appRouter,
    createContext: ({ req }) => contextOf(req),
    // One call a request: what a request may cost stays bounded.
    allowBatching: false,
    responseMeta({ ctx, errors: [error] }) {
      const headers = error?.cause instanceof DomainError ? problemHeaders(error.cause) : {};
      return { headers: new Headers([...(ctx?.answerHeaders ?? []), ...Object.entries(headers)]) };
    },
  };
  await app.register(fastifyTRPCPlugin, { prefix: '/trpc', trpcOptions } satisfies FastifyTRPCPluginOptions<AppRouter>);
  await app.register(async (large) => {
    // tRPC parses the body itself.
    large.removeAllContentTypeParsers();
    large.addContentTypeParser('application/json', { parseAs: 'string' }, (_, body, done) => done(null, body));
    for (const { procedure, route } of listOperations()) {
      const { bodyBytesMax } = route;
      if (bodyBytesMax === undefined) continue;
      large.post(`/trpc/${procedure}`, { bodyLimit: bodyBytesMax }, (req, res) =>
        fastifyRequestHandler({ ...trpcOptions, req, res, path: procedure }),
      );
    }
  });
}
