/** Which addresses the server may fetch from: the public ones, and what OUTBOUND_ALLOW names. Pure: nothing resolves. */
import { BlockList, isIP } from 'node:net';

/** What the public internet does not route, or routes to somebody special: the IANA special-purpose registries. */
const SPECIAL_V4 = subnets('ipv4', [
  '0.0.0.0/8', // "this host"
  '10.0.0.0/8', // private (RFC 1918)
  '100.64.0.0/10', // carrier-grade NAT
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // Azure's host agent, on a public address
  '169.254.0.0/16', // link-local, and in it the metadata services of the clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
]);
/** All that is handed out for unicast. Outside it: loopback, unspecified, IPv4-mapped, NAT64, unique local, link-local, multicast. */
const GLOBAL_V6 = subnets('ipv6', ['2000::/3']);
const SPECIAL_V6 = subnets('ipv6', [
  '2001::/23', // protocol assignments: Teredo, benchmarks, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: an IPv4 address in disguise
  '3fff::/20', // documentation
]);
/** Refused by name too: their resolver answers only on the inside. */
const METADATA_HOSTS = ['metadata.google.internal', 'metadata.goog'];

/** One entry of OUTBOUND_ALLOW: a host, an address or a network, on one port or on all. */
export interface OutboundEntry {
  /** Lower case; absent when the entry is a network. */
  readonly host?: string;
  readonly network?: BlockList;
  readonly port?: number;
}

export interface OutboundPolicy {
  /** Whether the URL's own host is named: by name, or as an address. Only then plain http will do. */
  namesHost(url: URL): boolean;
  /** Whether the URL may be fetched from the address that its host has. */
  allowsAddress(address: string, url: URL): boolean;
}

/** Tells whether the address is one that anybody on the internet can reach. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !SPECIAL_V4.check(address, 'ipv4');
    case 6:
      // A zone (`%eth0`) belongs to addresses of one link.
      return !address.includes('%') && GLOBAL_V6.check(address, 'ipv6') && !SPECIAL_V6.check(address, 'ipv6');
    default:
      return false;
  }
}

/** Reads `host`, `host:port`, an address (`10.1.2.3`, `[fd00::1]:8080`) or a network (`10.1.0.0/16`); undefined when it is none. */
export function outboundEntry(text: string): OutboundEntry | undefined {
  const network = networkOf(text);
  if (network !== undefined) return { network };
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^\s:/[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = (bracketed ?? plain)?.toLowerCase();
  const port = digits === undefined ? {} : { port: Number(digits) };
  if (host === undefined || (port.port !== undefined && (port.port < 1 || port.port > 65_535))) return undefined;
  const address = networkOf(host);
  if (address !== undefined) return { network: address, ...port };
  const isName = bracketed === undefined && HOST_NAME.test(host) && !ALMOST_ADDRESS.test(host);
  return isName ? { host, ...port } : undefined;
}

/** The rules of a server that was started with these entries. */
export function outboundPolicy(entries: readonly OutboundEntry[]): OutboundPolicy {
  const onPort = (url: URL) => entries.filter(({ port }) => port === undefined || port === portOf(url));
  const inNetwork = (address: string, url: URL) =>
    isIP(address) !== 0 && onPort(url).some(({ network }) => network?.check(address, familyOf(address)));
  const named = (url: URL) => onPort(url).some(({ host }) => host === hostOf(url));
  return {
    namesHost: (url) => named(url) || inNetwork(hostOf(url), url),
    allowsAddress(address, url) {
      if (named(url) || inNetwork(address, url)) return true;
      return isPublicAddress(address) && !METADATA_HOSTS.includes(hostOf(url).replace(/\.+$/, ''));
    },
  };
}

/** The host as a resolver wants it: an IPv6 address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Tells whether the name can mean only this machine, or the metadata service of a cloud, whatever name servers say. */
export function isInsideName(host: string): boolean {
  const name = host.replace(/\.+$/, '');
  return LOCAL_NAME.test(name) || METADATA_HOSTS.includes(name);
}

// RFC 6761, section 6.3, and what hosts files have beside it.
const LOCAL_NAME =
  /^(|(.+\.)?localhost|localhost[46]?\.localdomain[46]?|localhost[46]|ip6-localhost|ip6-loopback|(.+\.)?localdomain[46]?)$/;
const HOST_NAME = /^[a-z0-9_][a-z0-9_.-]{0,252}$/;
const ALMOST_ADDRESS = /^[\d.]+$/;

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}

/** An address is a network of one. */
function networkOf(text: string): BlockList | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  if (isIP(address) === 0 || address.includes('%') || rest.length > 0) return undefined;
  const bits = isIP(address) === 4 ? 32 : 128;
  if (prefix !== undefined && (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits)) return undefined;
  return subnets(familyOf(address), [`${address}/${prefix ?? bits}`]);
}

function subnets(family: 'ipv4' | 'ipv6', networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    list.addSubnet(address, Number(prefix), family);
  }
  return list;
}
