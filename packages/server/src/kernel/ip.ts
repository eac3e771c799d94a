/** Addresses and ranges of IP as numbers. Runs anywhere. */

export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

export interface Cidr extends Address {
  /** Length of the prefix in bits. */
  readonly prefix: number;
}

const BITS = { 4: 32, 6: 128 } as const;
const OCTET = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const V4 = new RegExp(`^${OCTET}(\\.${OCTET}){3}$`);
const V6 = /^[0-9a-f:]{2,39}$|^[0-9a-f:]{1,30}:[0-9.]{7,15}$/i;
const MAPPED = { from: 0xffffn << 32n, to: (0xffffn << 32n) | 0xffffffffn };

/** Reads an address of four decimal parts, or of IPv6 in any of its forms without a zone; undefined for all other text. */
export function parseAddress(text: string): Address | undefined {
  if (V4.test(text)) return { family: 4, value: joined(text.split('.').map(Number), 8) };
  if (!V6.test(text) || !URL.canParse(`http://[${text}]/`)) return undefined;
  const [head = '', tail] = addressText(text).split('::');
  const groups = (part = '') => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [first, last] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => 0);
  return { family: 6, value: joined([...first, ...zeros, ...last], 16) };
}

/**
 * Returns the one form of an address that `parseAddress` reads: of IPv6 that of the URL standard, hexadecimal groups in lower
 * case and at most one `::`, which is how PostgreSQL writes it outside of ::/80.
 */
export function addressText(text: string): string {
  return text.includes(':') ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : text;
}

/** Reads a range such as `10.20.0.0/16`; undefined for all other text. Host bits may be set: `hostBits` tells. */
export function parseCidr(text: string): Cidr | undefined {
  const [, address = '', length = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const parsed = parseAddress(address);
  const prefix = Number(length);
  if (parsed === undefined || prefix > BITS[parsed.family]) return undefined;
  return { ...parsed, prefix };
}

/** Tells whether the address of a range is not its first one. */
export function hostBits({ family, value, prefix }: Cidr): boolean {
  return (value & ((1n << BigInt(BITS[family] - prefix)) - 1n)) !== 0n;
}

/** Tells whether two ranges have an address in common. */
export function overlap(one: Cidr, other: Cidr): boolean {
  const behind = BigInt(BITS[one.family] - Math.min(one.prefix, other.prefix));
  return one.family === other.family && one.value >> behind === other.value >> behind;
}

/** Tells whether two texts are the same range, in whichever forms they are written. */
export function sameCidr(one: string, other: string): boolean {
  const [a, b] = [parseCidr(one), parseCidr(other)];
  return a !== undefined && a.family === b?.family && a.value === b.value && a.prefix === b.prefix;
}

/** Tells whether an address of IPv6 stands for one of IPv4: `::ffff:10.0.0.1`. */
export function isMapped({ family, value }: Address): boolean {
  return family === 6 && value >= MAPPED.from && value <= MAPPED.to;
}

function joined(parts: readonly number[], bits: number): bigint {
  return parts.reduce((value, part) => (value << BigInt(bits)) | BigInt(part), 0n);
}
