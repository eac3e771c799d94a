/** The parts of name resolution that the system's files decide. Pure: the text of a file in, facts out. */
import { isIP } from 'node:net';

const PORT_MAX = 65_535;

/** How resolv.conf completes a name that is not written out in full. */
export interface SearchRules {
  readonly search: readonly string[];
  /** A name with fewer dots is completed before it is tried as it stands. */
  readonly dotsMin: number;
}

/** Returns the addresses that a hosts file gives to the name, which is lower case and has no dot at its end. */
export function addressesInHosts(text: string, host: string): string[] {
  if (!text.toLowerCase().includes(host)) return [];
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    return isIP(address) !== 0 && names.some((name) => name.toLowerCase() === host) ? [address] : [];
  });
}

/** Reads `search`, `domain` and `ndots` of a resolv.conf; the last line of a kind counts (resolv.conf(5)). */
export function searchRules(text: string): SearchRules {
  let search: readonly string[] = [];
  let dotsMin = 1;
  const domains = (values: readonly string[]) => values.map((value) => value.replace(/\.$/, '')).filter(Boolean);
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'search') search = domains(values);
    if (keyword === 'domain') search = domains(values.slice(0, 1));
    const [, dots] = keyword === 'options' ? (/\bndots:(\d{1,2})\b/.exec(line) ?? []) : [];
    if (dots !== undefined) dotsMin = Number(dots);
  }
  return { search, dotsMin };
}

/** Returns the full names to try for a name, in their order; a name with a dot at its end is full already. */
export function namesToTry(host: string, { search, dotsMin }: SearchRules): string[] {
  if (host.endsWith('.')) return [host.slice(0, -1)];
  const completed = search.map((domain) => `${host}.${domain}`);
  return host.split('.').length > dotsMin ? [host, ...completed] : [...completed, host];
}

/** Tells whether the name means this machine, wherever it is asked (RFC 6761, section 6.3). */
export function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** Reads an address with or without a port (`10.0.0.53`, `10.0.0.53:5353`, `[fd00::53]:53`); undefined when it is none. */
export function nameServer(text: string): string | undefined {
  if (isIP(text) === 6) return text.includes('%') ? undefined : `[${text}]:53`;
  const [, bracketed, plain = '', digits = '53'] = /^(?:\[([^\]%]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const port = Number(digits);
  if (isIP(bracketed ?? plain) !== (bracketed === undefined ? 4 : 6) || port < 1 || port > PORT_MAX) return undefined;
  return bracketed === undefined ? `${plain}:${port}` : `[${bracketed}]:${port}`;
}
