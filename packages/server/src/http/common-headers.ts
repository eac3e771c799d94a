/** The headers that every answer has. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { securityHeaders } from './security-headers.ts';

export const commonHeaders: Readonly<Record<string, string>> = {
  ...securityHeaders({ defaultSrc: ["'none'"] }),
  'cache-control': 'no-store',
};

/** Adds them, with the id of the request. */
export function dress({ id }: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.headers(commonHeaders).header('x-request-id', id);
}
