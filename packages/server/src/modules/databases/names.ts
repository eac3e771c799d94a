/** The names of everything that belongs to a database, where it is made. */
import type { Names } from '@tenant-registry/provisioner';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
/** With the dash and the mark that is 50, the longest name that CloudNativePG takes. */
const STEM_LENGTH_MAX = 41;
const MARK_LENGTH = 8;
const BITS_PER_CHARACTER = 5n;

/** The part of a row that its names follow from. */
interface Named {
  readonly namespace: string;
  readonly cluster_name: string;
  readonly pooler_name: string;
}

/**
 * Returns the cluster and the pooler of a new database: at most 50 and 57 characters. Two databases of one name differ by
 * the last 40 bits of their ids, which are random in a UUID of version 7.
 */
export function newNamesOf({ id, name }: { readonly id: string; readonly name: string }) {
  const cluster_name = `${name.slice(0, STEM_LENGTH_MAX)}-${markOf(id)}`;
  return { cluster_name, pooler_name: `${cluster_name}-pooler` };
}

/** Returns the names of everything that belongs to the database, each at most 63 characters. */
export function namesOf({ namespace, cluster_name: cluster, pooler_name: pooler }: Named): Names {
  return {
    namespace,
    cluster,
    pooler,
    credentials: `${cluster}-credentials`,
    logins: { a: `${cluster}-login-a`, b: `${cluster}-login-b` },
  };
}

/** Eight characters of base32 (RFC 4648, in lower case) of the last 40 bits. */
function markOf(id: string): string {
  const bits = BigInt(`0x${id.replaceAll('-', '').slice(-10)}`);
  const places = Array.from({ length: MARK_LENGTH }, (_, index) => BigInt(MARK_LENGTH - 1 - index));
  return places.map((place) => ALPHABET[Number((bits >> (place * BITS_PER_CHARACTER)) & 31n)]).join('');
}
