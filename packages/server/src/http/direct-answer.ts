/** Answers that go straight to the connection, because products wait for them on every request of theirs. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
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
