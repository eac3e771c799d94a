/** The checks of a URL and of the addresses of its host, by the policy. */
import { isIP, type LookupFunction } from 'node:net';
import { NOT_PUBLIC, OutboundError } from './error.ts';
import { hostOf, isInsideName, type OutboundPolicy } from './policy.ts';
import type { Resolve } from './resolver.ts';

/** Returns why the URL is refused before its name is resolved. An address in it is never looked up, so it is checked here. */
export function refusalOf(url: URL, acceptsScheme: (url: URL) => boolean, policy: OutboundPolicy): string | undefined {
  if (!acceptsScheme(url)) return 'Only https is fetched.';
  if (url.username !== '' || url.password !== '') return 'A URL with a user or password in it is not fetched.';
  const host = hostOf(url);
  return isIP(host) !== 0 && !policy.allowsAddress(host, url) ? NOT_PUBLIC : undefined;
}

/** Other readers of the URL may take these for something else than is meant here. */
const PLAIN = /^https?:\/\/[!-[\]-~]+$/i;

/** Returns why the text of a URL is refused before anything is sent to it: by its spelling, its scheme, its host. */
export function refusalOfText(
  text: string,
  acceptsScheme: (url: URL) => boolean,
  policy: OutboundPolicy,
): string | undefined {
  // A host in other letters is written in its ASCII form.
  if (!PLAIN.test(text))
    return 'The URL must begin with https:// and have visible ASCII characters only, no backslash.';
  if (!URL.canParse(text)) return 'The URL cannot be read.';
  const url = new URL(text);
  if (url.port === '0') return 'No host listens on port 0.';
  // Names that are known to be inside without a question to a name server.
  const inside = !policy.namesHost(url) && isInsideName(hostOf(url));
  return refusalOf(url, acceptsScheme, policy) ?? (inside ? NOT_PUBLIC : undefined);
}

/** The resolver that the socket itself uses, so that it connects to the addresses that were checked. One refused address refuses all. */
export function checkedLookup(
  url: URL,
  policy: OutboundPolicy,
  resolve: (host: string) => ReturnType<Resolve>,
): LookupFunction {
  return (host, { all }, callback) => {
    resolve(host).then(
      (found) => {
        const [first] = found;
        const refused = found.filter(({ address }) => !policy.allowsAddress(address, url));
        if (first === undefined || refused.length > 0) {
          const cause = new Error(`${host} resolves to ${found.map(({ address }) => address).join(', ') || 'nothing'}`);
          callback(new OutboundError('outbound_refused', NOT_PUBLIC, cause), []);
        } else if (all) callback(null, [...found]);
        else callback(null, first.address, first.family);
      },
      (error) => callback(error, []),
    );
  };
}
