/** Where a request came from, in the one form that every place can keep. */
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** Some proxies add the port of the connection, as [address]:port or address:port. */
const WITH_PORT = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/;

/**
 * Returns the address of the caller, without a port or a zone; what a trusted proxy forwards that is no address counts as
 * the proxy itself. Null when the connection is gone, and with it its address.
 */
export function sourceAddress({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string | null {
  return addressIn(ip) ?? addressIn(socket.remoteAddress);
}

// Of a connection that is gone Node knows no address, whatever Fastify's types say.
function addressIn(text: string | undefined): string | null {
  if (text === undefined) return null;
  const [, bracketed, beforePort] = WITH_PORT.exec(text) ?? [];
  const [address = ''] = (bracketed ?? beforePort ?? text).split('%');
  return isIP(address) === 0 ? null : address;
}
