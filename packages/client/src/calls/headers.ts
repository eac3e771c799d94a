/** Checks the headers of a request: the errors of `fetch` would quote the value of a header that cannot be sent. */

/** Returns the token if it can be sent as a bearer token. Throws a `TypeError` that does not quote the token. */
export function checkedToken(token: unknown): string {
  if (typeof token !== 'string' || token === '')
    throw new TypeError('The token is empty: give a token of the registry.');
  if (!/^[!-~]+$/.test(token)) {
    throw new TypeError('The token has characters that a token cannot have: is there a line break at its end?');
  }
  return token;
}

/** Returns the headers that have a value. Throws a `TypeError` with the name, but not the value, of an invalid header. */
export function checkedHeaders(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  for (const [name, value] of given) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t -~\u0080-\u00ff]*$/.test(value)) {
      throw new TypeError(`The header ${JSON.stringify(name)} has a name or a value that cannot be sent.`);
    }
  }
  return Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), value]));
}

/** Returns a unique key. Pages that were not loaded over https have no `randomUUID`: they get 16 random bytes. */
export function newIdempotencyKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
