/** Reads and writes cookies (RFC 6265). The ones of the registry are `__Host-` cookies: of this host alone, over https alone. */

/** Returns the value of a cookie; undefined when the header has none of that name, or two, of which one was planted. */
export function cookieValue(header: string, name: string): string | undefined {
  const values = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}
