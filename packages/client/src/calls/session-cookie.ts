/** The cookie of a person's session at the registry. */

const NAME = '__Host-tr_session';
/** No other value is one. */
const VALUE = /^[\w-]{43}$/;

/** Returns the value of the session's cookie in a Cookie header; undefined without one, and with two: one was planted. */
export function sessionIn(cookies: string): string | undefined {
  const pairs = cookies.split(';').map((pair) => pair.trim());
  const [first, second] = pairs.filter((pair) => pair.startsWith(`${NAME}=`));
  const value = first?.slice(NAME.length + 1);
  return second === undefined && value !== undefined && VALUE.test(value) ? value : undefined;
}

/** Returns the Cookie header with this session alone. */
export function cookieOf(session: string): string {
  return `${NAME}=${session}`;
}
