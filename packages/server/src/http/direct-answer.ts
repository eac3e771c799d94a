/** Answers that go straight to the connection, because products wait for them on every request of theirs. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { systemClock, textOfSecond } from '../kernel/clock.ts';
import { commonHeaders, dress } from './common-headers.ts';
import type { Drain } from './drain.ts';

/**
 * Writes a 200 with the headers of the reply, these, and a text, which must be ASCII: written as such it costs less than
 * as UTF-8. No hook of Fastify runs for it, so the last answer of a connection is marked here.
 */
export function answerDirectly(
  reply: FastifyReply,
  drain: Drain,
  { headers, text = '' }: { readonly headers: OutgoingHttpHeaders; readonly text?: string },
): FastifyReply {
  const { raw } = reply;
  if (drain.isLast(raw.req.socket)) reply.header('connection', 'close');
  reply.hijack();
  // A copy, which is the only one of the answer.
  const all = reply.getHeaders() as OutgoingHttpHeaders; // Fastify's own type differs in the names that it lists
  for (const name in headers) all[name] = headers[name];
  all['content-length'] = text.length;
  raw.writeHead(200, all);
  raw.end(text, 'latin1');
  return reply;
}

/** The member in which Node keeps the head of an answer until its body is sent. */
interface WithHead {
  _header: string | null;
}

/**
 * Returns what answers 200 with these headers, the common ones and an ASCII text, on a route that `isDirect`. The head is one
 * text, of which only id, length and time are made for each request: header by header it costs as much as the verdict. Whatever
 * needs other headers is written header by header.
 */
export function directTexts(
  drain: Drain,
  headers: Readonly<Record<string, string>>,
): (reply: FastifyReply, text: string) => FastifyReply {
  const fixed = Object.entries({ ...commonHeaders, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const start = `HTTP/1.1 200 OK\r\n${fixed.join('')}`;
  const dateLine = textOfSecond((second) => `Date: ${second.toUTCString()}\r\n`);
  return (reply, text) => {
    const { raw, request } = reply;
    const { server, socket } = request;
    const { keepAliveTimeout } = server.server;
    const isKept = raw.shouldKeepAlive && keepAliveTimeout > 0 && !drain.isLast(socket);
    if (!isKept || request.headers.origin !== undefined)
      return answerDirectly(dress(request, reply), drain, { headers, text });
    const seconds = Math.floor(keepAliveTimeout / 1_000);
    const kept = `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n`;
    reply.hijack();
    // Node sends it with the body, and knows by it that there is a head.
    (raw as unknown as WithHead)._header =
      `${start}x-request-id: ${request.id}\r\ncontent-length: ${text.length}\r\n${dateLine(systemClock())}${kept}\r\n`;
    raw.end(text, 'latin1');
    return reply;
  };
}
