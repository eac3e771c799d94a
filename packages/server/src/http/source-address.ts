/** Where a request came from, in the one form that every place can keep. */
import { isIP } from 'node:net';
import { normalizeIP } from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';

/** Some proxies add the port of the connection, as [address]:port or address:port. */
const WITH_PORT = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/;

/**
 * Returns the address of the caller, without a port or a zone. A text from a trusted proxy that is no address counts as
 * the proxy itself. Null when the connection is gone, and with it its address.
 */
export function sourceAddress({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string | null {
  return addressIn(ip) ?? addressIn(socket.remoteAddress);
}

/** The owner of one IPv6 address usually has all 2^64 of its network. */
const IPV6_SUBNET = 64;

/** Returns the name under which unknown callers are counted: the address, of IPv6 the network. All without an address are one. */
export function networkOf(request: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  const address = sourceAddress(request) ?? 'unknown';
  return address.includes(':') ? normalizeIP(address, IPV6_SUBNET) : address;
}

// Fastify's types promise an address, but Node knows none of a connection that is gone.
function addressIn(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!text.includes('%') && isIP(text) !== 0) return text; // the form that nearly all have
  const [, bracketed, beforePort] = WITH_PORT.exec(text) ?? [];
  const [address = ''] = (bracketed ?? beforePort ?? text).split('%');
  return isIP(address) === 0 ? null : address;
}
