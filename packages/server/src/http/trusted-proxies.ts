/** TRUST_PROXY: whose X-Forwarded-For is believed. */
import { isIP } from 'node:net';

/** Words that Fastify knows (proxy-addr). */
const NAMED = ['loopback', 'linklocal', 'uniquelocal'];

/** Returns the first entry of the list that is no address, network or known word, or undefined. */
export function wrongProxy(list: string): string | undefined {
  return list
    .split(',')
    .map((entry) => entry.trim())
    .find((entry) => !NAMED.includes(entry) && !isNetwork(entry));
}

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  if (bits === 0 || address.includes('%') || rest.length > 0) return false;
  return prefix === undefined || (/^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= bits);
}
