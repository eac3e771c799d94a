/** A browser, as far as redirects and cookies go: it finds the registry behind the origin that the registry has for browsers. */
import { PERSON_HEADER } from './sign-in-provider.ts';

export interface Visit {
  readonly status: number;
  /** Where the answer leads; null: nowhere. */
  readonly location: string | null;
  readonly cookies: readonly string[];
  readonly headers: Headers;
  readonly text: string;
}

export interface SignInBrowser {
  /** The cookies of the registry, by name. */
  readonly cookies: Map<string, string>;
  /** Visits one address; a path is one of the registry. */
  visit(address: string, headers?: Readonly<Record<string, string>>): Promise<Visit>;
  /** Follows redirects until one leads to the callback, and returns its address: nobody has been there yet. */
  upToCallback(address: string): Promise<URL>;
  /** Follows redirects until the registry has answered the callback, and returns that answer. */
  signIn(address: string): Promise<Visit>;
}

const REDIRECTS_MAX = 10;

/** Opens one for a person of the provider. */
export function openBrowser(
  server: { readonly url: string },
  { publicUrl, person }: { readonly publicUrl: string; readonly person: string },
): SignInBrowser {
  const jars = new Map<string, Map<string, string>>();
  const jarOf = (origin: string) => {
    const jar = jars.get(origin) ?? new Map<string, string>();
    jars.set(origin, jar);
    return jar;
  };

  async function visit(address: string, headers: Readonly<Record<string, string>> = {}): Promise<Visit> {
    const url = new URL(address, publicUrl);
    const jar = jarOf(url.origin);
    const real = url.origin === publicUrl ? server.url + url.pathname + url.search : url.href;
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const own = { [PERSON_HEADER]: person, ...(cookie === '' ? {} : { cookie }) };
    const response = await fetch(real, { redirect: 'manual', headers: { ...own, ...headers } });
    const cookies = response.headers.getSetCookie();
    for (const each of cookies) keep(jar, each);
    const location = response.headers.get('location');
    const { status } = response;
    return {
      status,
      location: location && new URL(location, url).href,
      cookies,
      headers: response.headers,
      text: await response.text(),
    };
  }

  async function upToCallback(address: string): Promise<URL> {
    let next = address;
    for (let count = 0; count < REDIRECTS_MAX; count += 1) {
      const { location, status, text } = await visit(next);
      if (location === null) throw new Error(`the way to the callback ends with ${status}: ${text}`);
      next = location;
      if (next.startsWith(`${publicUrl}/auth/callback`)) return new URL(next);
    }
    throw new Error('the way to the callback has no end');
  }

  return {
    cookies: jarOf(publicUrl),
    visit,
    upToCallback,
    signIn: async (address) => visit((await upToCallback(address)).href),
  };
}

/** Max-Age=0, and the date of long ago that means it too, take the cookie away. */
function keep(jar: Map<string, string>, header: string): void {
  const [pair = '', ...attributes] = header.split('; ');
  const at = pair.indexOf('=');
  const name = pair.slice(0, at);
  if (attributes.some((each) => /^(max-age=0|expires=thu, 01 jan 1970)/i.test(each))) jar.delete(name);
  else jar.set(name, pair.slice(at + 1));
}
