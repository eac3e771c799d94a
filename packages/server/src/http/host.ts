/** The Host header of a request (RFC 9112, section 3.2). */
import type { IncomingMessage } from 'node:http';

const NAME = 'host';
/** A name or an address, and perhaps a port (RFC 3986, section 3.2.2). Empty when the target has no authority. */
const HOST = /^(\[[\da-f:.]+\]|[\w.~%!$&'()*+,;=-]*)(:\d*)?$/i;

/** Tells whether the request names one host, as it must: proxies could take two in different ways. */
export function hasOneHost({ headers, rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === NAME.length && name.toLowerCase() === NAME) hosts += 1;
  }
  return hosts < 2 && HOST.test(headers.host ?? '');
}
