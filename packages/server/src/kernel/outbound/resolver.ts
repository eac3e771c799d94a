/**
 * Host names → addresses, for fetches from other people's servers. It asks name servers over sockets of its own. The
 * system's function (`dns.lookup`) runs on threads that the whole process shares, of which name look-ups get two: a name
 * server that stays silent would keep the database's name from being looked up for minutes.
 */
import { promises as dns, type LookupAddress } from 'node:dns';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { addressesInHosts, isLocalhost, namesToTry, type SearchRules, searchRules } from './names.ts';

/** The deadline of a fetch ends its look-up earlier when there are many name servers. */
const TRY_MS = 1_000;
const TRIES = 2;
const LOOPBACK = ['127.0.0.1', '::1'];
/** Codes of an answer that says that there is no such name, or no address of the kind. */
export const NO_SUCH_NAME: readonly string[] = ['ENOTFOUND', 'ENODATA', 'EBADNAME'];

export interface LookupOptions {
  /** Ends the look-up when it aborts. */
  readonly signal: AbortSignal;
  /** Whether the operator named the host, so that the search domains of the machine complete it. */
  readonly named: boolean;
}

/** Resolves with all addresses of a name; rejects with a DNS error code when there is none. */
export type Resolve = (host: string, options: LookupOptions) => Promise<readonly LookupAddress[]>;

export interface ResolverOptions {
  /** Name servers, as `address:port`; the system's when there is none. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  readonly resolvConf?: string;
  /** How long each name server is waited for at first; the second try takes twice as long. */
  readonly tryMs?: number;
}

/**
 * Makes the resolver: the hosts file first, then name servers. Both files are read for each look-up, so that a change
 * needs no restart. Look-ups share nothing: one that hangs or is ended leaves the others alone.
 */
export function createResolver({
  servers = [],
  hostsFile = '/etc/hosts',
  resolvConf = '/etc/resolv.conf',
  tryMs = TRY_MS,
}: ResolverOptions = {}): Resolve {
  return async (host, { signal, named }) => {
    signal.throwIfAborted();
    const name = host.toLowerCase();
    const local = await inHosts(hostsFile, name.replace(/\.$/, ''));
    if (local.length > 0) return local;
    // Names that came from callers are full already, and none of them may turn into a name of the inside.
    const rules = named ? searchRules(await read(resolvConf)) : NO_SEARCH;
    const resolver = new dns.Resolver({ timeout: tryMs, tries: TRIES });
    if (servers.length > 0) resolver.setServers(servers);
    return cancellable(resolver, signal, () => firstFound(resolver, namesToTry(name, rules)));
  };
}

const NO_SEARCH: SearchRules = { search: [], dotsMin: 0 };

async function inHosts(hostsFile: string, name: string): Promise<LookupAddress[]> {
  const listed = addressesInHosts(await read(hostsFile), name);
  return withFamily(listed.length === 0 && isLocalhost(name) ? LOOPBACK : listed);
}

/** A system without the file has no such names. */
function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

/** Does the work, and ends the questions of the resolver when the signal aborts. */
async function cancellable<T>(resolver: dns.Resolver, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    signal.throwIfAborted();
    return await work();
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

async function firstFound(resolver: dns.Resolver, names: readonly string[]): Promise<LookupAddress[]> {
  let missing: unknown;
  for (const name of names) {
    try {
      return await addressesOf(resolver, name);
    } catch (error) {
      if (!saysMissing(error)) throw error;
      missing = error;
    }
  }
  throw missing;
}

/** IPv4 first. One family that cannot be asked for does not matter when the other one is known. */
async function addressesOf(resolver: dns.Resolver, name: string): Promise<LookupAddress[]> {
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (found.length > 0) return withFamily(found);
  const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
  throw failures.find((failure) => !saysMissing(failure)) ?? failures[0];
}

function saysMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NO_SUCH_NAME.includes(String(error.code));
}

function withFamily(addresses: readonly string[]): LookupAddress[] {
  return addresses.map((address) => ({ address, family: isIP(address) }));
}
