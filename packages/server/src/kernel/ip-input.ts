/** Addresses and ranges as callers write them: one of another form, or that no network can have, is refused with the reason. */
import { z } from 'zod';
import { type Cidr, hostBits, isMapped, overlap, parseAddress, parseCidr } from './ip.ts';

/** As long as an address of IPv6 that ends in one of IPv4, and its prefix. */
const CIDR_LENGTH_MAX = 49;
const ADDRESS_LENGTH_MAX = 45;
const NOT_A_RANGE = 'must be a range such as 10.20.0.0/16 or fd00:20::/64';
const MAPPED = 'must not be IPv4 written as IPv6: write it as IPv4';

interface Lengths {
  readonly 4: readonly [min: number, max: number];
  readonly 6: readonly [min: number, max: number];
}

/** What is wrong with the text as a range with a prefix between those lengths; undefined: nothing. */
function mistakeIn(text: string, lengths: Lengths): string | undefined {
  const range = parseCidr(text);
  if (range === undefined) return NOT_A_RANGE;
  if (isMapped(range)) return MAPPED;
  const [min, max] = lengths[range.family];
  if (range.prefix < min || range.prefix > max)
    return `must have a prefix from /${min} to /${max}, as every range of IPv${range.family} here`;
  if (hostBits(range)) return 'has bits set after its prefix: a range begins at its first address';
  return special(range);
}

/** Ranges of which no machine has an address. tenants_mesh_cidr_check holds this rule too. */
const SPECIAL = [
  { range: '0.0.0.0/8', what: 'the addresses of this host' },
  { range: '127.0.0.0/8', what: 'loopback addresses' },
  { range: '169.254.0.0/16', what: 'link-local addresses' },
  { range: '224.0.0.0/4', what: 'multicast addresses' },
  { range: '::/8', what: 'addresses that are reserved, loopback among them' },
  { range: 'fe80::/10', what: 'link-local addresses' },
  { range: 'ff00::/8', what: 'multicast addresses' },
].map(({ range, what }) => ({ what, ...(parseCidr(range) as Cidr) }));

function special(range: Cidr): string | undefined {
  const found = SPECIAL.find((each) => overlap(each, range));
  return found === undefined ? undefined : `must have none of ${found.what}`;
}

function rangeWithin(lengths: Lengths) {
  return z
    .string()
    .max(CIDR_LENGTH_MAX)
    .superRefine((text, context) => {
      const message = mistakeIn(text, lengths);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });
}

/** The range of a network. */
export const rangeInput = rangeWithin({ 4: [8, 30], 6: [48, 120] }).meta({ examples: ['10.20.0.0/16'] });

/** A part of one. */
export const subRangeInput = rangeWithin({ 4: [8, 30], 6: [48, 126] }).meta({ examples: ['10.20.4.0/27'] });

/** The address of a machine. */
export const addressInput = z
  .string()
  .max(ADDRESS_LENGTH_MAX)
  .superRefine((text, context) => {
    const address = parseAddress(text);
    if (address !== undefined && !isMapped(address)) return;
    const message = address === undefined ? 'must be an address such as 10.20.4.7 or fd00:20::7' : MAPPED;
    context.addIssue({ code: 'custom', message });
  })
  .meta({ examples: ['10.20.4.7'] });
