/**
 * Seals secrets that the registry has to read again, under keys that the database does not have: who takes the database
 * takes no secret. `seal` and `open` are asynchronous, so that a key management service can stand behind them.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { kernelErrors } from './errors.ts';

const CIPHER = 'aes-256-gcm';
const VERSION = 'v1';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ID_OF = 'tenant-registry secrets key id';
const ID_HEX_DIGITS = 16;

export interface Sealer {
  /**
   * Resolves with `v1.<key id>.<nonce, ciphertext and tag, base64url>`, sealed under the newest key and for this row alone.
   * Rejects with `secrets_key_missing` when there is no key.
   */
  seal(plaintext: string, rowId: string): Promise<string>;
  /**
   * Resolves with what was sealed. Rejects with `secrets_key_missing` when its key is not configured, and with an error
   * for the log alone when the text was changed, or was sealed for another row or purpose.
   */
  open(sealed: string, rowId: string): Promise<string>;
  /** Returns the id of the key that it was sealed under. Throws when the text has not the form of a sealed one. */
  keyIdOf(sealed: string): string;
  /** Whether it was sealed under the newest key, or there is none to seal it under again. */
  isCurrent(sealed: string): boolean;
  /** The ids of the configured keys, newest first. */
  readonly keyIds: readonly string[];
}

/** Gives the sealer of a purpose: what was sealed for one purpose is opened for no other. */
export type Sealed = (purpose: string) => Sealer;

/** Makes the sealers of a process that has these keys, one for each purpose. */
export function createSealed(newestFirst: readonly string[]): Sealed {
  const sealers = new Map<string, Sealer>();
  return (purpose) => {
    const known = sealers.get(purpose) ?? createSealer(newestFirst, purpose);
    sealers.set(purpose, known);
    return known;
  };
}

/** Makes a sealer: it seals under the first of the keys, and opens what was sealed under any. */
export function createSealer(newestFirst: readonly string[], purpose: string): Sealer {
  const keys = new Map(newestFirst.map((key) => [secretsKeyId(key), derived(key, purpose)]));
  const [newest] = keys;
  return {
    async seal(plaintext, rowId) {
      if (newest === undefined) throw kernelErrors.secretsKeyMissing();
      const [keyId, key] = newest;
      return `${VERSION}.${keyId}.${encrypt(key, plaintext, rowId)}`;
    },
    async open(sealed, rowId) {
      const { keyId, body } = parse(sealed);
      const key = keys.get(keyId);
      if (key === undefined)
        throw kernelErrors.secretsKeyMissing({ cause: new Error(`SECRETS_KEY lacks the key ${keyId}`) });
      return decrypt(key, body, rowId);
    },
    keyIdOf: (sealed) => parse(sealed).keyId,
    isCurrent: (sealed) => newest === undefined || parse(sealed).keyId === newest[0],
    keyIds: [...keys.keys()],
  };
}

/** Returns the name under which sealed texts know the key: 64 bits that tell nothing of it. */
export function secretsKeyId(key: string): string {
  return createHmac('sha256', key).update(ID_OF).digest('hex').slice(0, ID_HEX_DIGITS);
}

/** HKDF (RFC 5869) with the purpose as its info: the key of one purpose tells nothing of another's. */
function derived(key: string, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', `tenant-registry sealed: ${purpose}`, KEY_BYTES));
}

/** A nonce is random: at 2^32 texts of one key two are equal with a chance of 2^-33 (NIST SP 800-38D, section 8.3). */
function encrypt(key: Uint8Array, plaintext: string, rowId: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(rowId));
  const text = [cipher.update(plaintext, 'utf8'), cipher.final()];
  return Buffer.concat([nonce, ...text, cipher.getAuthTag()]).toString('base64url');
}

/** The tag has one length alone: a shorter one would be easier to forge. */
function decrypt(key: Uint8Array, body: Buffer, rowId: string): string {
  const [nonce, text, tag] = [
    body.subarray(0, NONCE_BYTES),
    body.subarray(NONCE_BYTES, -TAG_BYTES),
    body.subarray(-TAG_BYTES),
  ];
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(rowId)).setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new Error('a sealed secret was changed, or belongs to another row', { cause });
  }
}

function parse(sealed: string): { readonly keyId: string; readonly body: Buffer } {
  const [version, keyId = '', text = '', ...rest] = sealed.split('.');
  const body = Buffer.from(text, 'base64url');
  const isSealed = version === VERSION && rest.length === 0 && /^[0-9a-f]{16}$/.test(keyId);
  // Other spellings of the same bytes are refused too.
  if (!isSealed || body.length < NONCE_BYTES + TAG_BYTES || body.toString('base64url') !== text)
    throw new Error('a sealed secret has not the form of one');
  return { keyId, body };
}
