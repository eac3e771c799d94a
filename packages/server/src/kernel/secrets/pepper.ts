/** Keyed digests that are stored: with the pepper, which the database does not have, a secret is recognised at once. */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';

export interface StoredDigest {
  readonly digest: Uint8Array | null;
  /** The id of the pepper that made it. */
  readonly digest_pepper: string | null;
}

export interface Peppers {
  /** The digest to store for the secret, under the newest pepper; null without any. */
  digestOf(secret: string): { readonly digest: Uint8Array; readonly digest_pepper: string } | null;
  /** Whether the stored digest is the secret's, in constant time; undefined when its pepper is not known here. */
  proves(secret: string, stored: StoredDigest): boolean | undefined;
  /** Whether the stored digest is the newest pepper's, or there is none to make another with. */
  isCurrent(stored: StoredDigest): boolean;
}

const ID_OF = 'tenant-registry pepper id';
const ID_HEX_DIGITS = 16;

/** Makes digests (HMAC-SHA256) with the first of the peppers and knows those of all. */
export function createPeppers(newestFirst: readonly string[]): Peppers {
  const keys = new Map<string, KeyObject>();
  for (const pepper of newestFirst) {
    const key = createSecretKey(pepper, 'utf8');
    keys.set(hmac(key, ID_OF).toString('hex').slice(0, ID_HEX_DIGITS), key);
  }
  const [newest] = keys;
  return {
    digestOf(secret) {
      if (newest === undefined) return null;
      const [digest_pepper, key] = newest;
      return { digest: hmac(key, secret), digest_pepper };
    },
    proves(secret, { digest, digest_pepper }) {
      const key = digest_pepper === null ? undefined : keys.get(digest_pepper);
      if (key === undefined || digest === null) return undefined;
      const expected = hmac(key, secret);
      return expected.length === digest.length && timingSafeEqual(expected, digest);
    },
    isCurrent: ({ digest_pepper }) => newest === undefined || digest_pepper === newest[0],
  };
}

function hmac(key: KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
