/** Serves the registry's paths that browsers need under the portal's own origin. */
import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { request as sendSecurely } from 'node:https';

/** Headers that concern one connection alone (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

export interface Proxy {
  /** Tells whether the place is the registry's and for browsers. */
  serves(place: URL): boolean;
  forward(request: IncomingMessage, response: ServerResponse): void;
}

const NOWHERE = new URL('http://portal.invalid/nowhere');

/** Returns the place that a request names. Its path has no `..` any more, by which it could leave the served paths. */
export function placeOf({ url = '' }: IncomingMessage): URL {
  return (url.startsWith('/') ? URL.parse(`http://portal.invalid${url}`) : null) ?? NOWHERE;
}

/** Returns a proxy to the registry at the address. */
export function createProxy(registry: string): Proxy {
  return {
    serves: ({ pathname }) => /^\/(auth|v1)\//.test(pathname) && !pathname.startsWith('/v1/internal/'),
    forward(request, response) {
      const { pathname, search } = placeOf(request);
      const target = new URL(pathname + search, registry);
      const options = { method: request.method ?? 'GET', headers: headersFor(request, target.host) };
      const upstream = (target.protocol === 'https:' ? sendSecurely : send)(target, options, (answer) => {
        response.writeHead(answer.statusCode ?? 502, withoutHops(answer.headers));
        answer.pipe(response);
      });
      upstream.on('error', () => {
        if (response.headersSent) response.destroy();
        else response.writeHead(502).end();
      });
      response.on('close', () => upstream.destroy());
      request.pipe(upstream);
    },
  };
}

function headersFor({ headers, socket }: IncomingMessage, host: string) {
  // Callers are counted by their own address, and one that they claim themselves is not believed.
  return { ...withoutHops(headers), host, 'x-forwarded-for': socket.remoteAddress ?? '' };
}

function withoutHops(headers: IncomingMessage['headers']) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
}
