/** The headers of a request, checked here because fetch would quote the value of one that cannot be sent. */

/** Returns the token when it can be sent as a bearer token. Throws a `TypeError` that does not quote it. */
export function checkedToken(token: unknown): string {
  if (typeof token !== 'string' || token === '') throw new TypeError('The token is empty: give that of the registry.');
  if (!/^[!-~]+$/.test(token)) {
    throw new TypeError('The token has characters that no token has: is there a line break at its end?');
  }
  return token;
}

/** Returns the headers that have a value. Throws a `TypeError` that names, but does not quote, one that cannot be sent. */
export function checkedHeaders(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  for (const [name, value] of given) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t -~\u0080-\u00ff]*$/.test(value)) {
      throw new TypeError(`The header ${JSON.stringify(name)} has a name or a value that cannot be sent.`);
    }
  }
  return Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), value]));
}

/** A key that no other request has. `randomUUID` is missing on pages that were not loaded over https. */
export function newIdempotencyKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
