/** `/auth/sign-in` and `/auth/callback`: where browsers leave for a provider, and where it sends them back. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { withinDeadline } from '../kernel/async/deadline.ts';
import type { Context, Dependencies } from '../kernel/context.ts';
import { tooLate } from '../kernel/errors.ts';
import { cookieValue } from './cookies.ts';
import { sendFailure } from './failure.ts';
import type { ContextOf } from './rest.ts';

type BrowserAnswer = Awaited<ReturnType<Dependencies['signIn']['begin']>>;

/** Mounts both paths, unless sign-in is off. They are no operations: browsers follow them, programs do not. */
export function mountSignIn(
  app: FastifyInstance,
  { deps, contextOf }: { readonly deps: Dependencies; readonly contextOf: ContextOf },
): void {
  const { signIn } = deps;
  if (!signIn.isEnabled) return;
  const mount = (url: string, answer: (ctx: Context, request: FastifyRequest) => Promise<BrowserAnswer>) =>
    app.route({
      method: 'GET',
      url,
      // A look at the headers alone would use the sign-in up.
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        try {
          const ctx = contextOf(request, reply);
          return send(reply, await withinDeadline(answer(ctx, request), ctx.deadline.leftMs(), tooLate));
        } catch (error) {
          return sendFailure(reply, error, deps, url);
        }
      },
    });
  mount('/auth/sign-in', (ctx, request) => signIn.begin(ctx, parametersOf(request)));
  mount('/auth/callback', (ctx, request) => {
    const { cookie = '' } = request.headers;
    return signIn.complete(ctx, { parameters: parametersOf(request), cookie: cookieValue(cookie, signIn.flowCookie) });
  });
}

function parametersOf({ url }: FastifyRequest): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : url.slice(start + 1));
}

function send(reply: FastifyReply, answer: BrowserAnswer): FastifyReply {
  if (answer.cookies.length > 0) reply.header('set-cookie', [...answer.cookies]);
  switch (answer.kind) {
    case 'redirect':
      return reply.redirect(answer.location, 303);
    case 'report':
      return sendReport(reply, answer.report);
    default:
      return answer satisfies never;
  }
}

/** JSON for programs, and the JSON on a page for people. */
function sendReport(reply: FastifyReply, report: object): FastifyReply {
  if (!reply.request.headers.accept?.includes('text/html')) return reply.send(report);
  const text = JSON.stringify(report, null, 2).replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return reply
    .type('text/html; charset=utf-8')
    .send(`<!doctype html>\n<html lang="en"><title>Rehearsal of a sign-in</title><pre>${text}</pre></html>\n`);
}
