/** Keys of Standard Webhooks: `whsec_` and `whpk_`, each before base64. */
import { bytesOfBase64 } from './base64.ts';
import { WebhookError } from './error.ts';

/** One key or several: `whsec_…`, the secret of an endpoint, or `whpk_…`, its public key. */
export type WebhookKeys = string | readonly string[];

interface Kind {
  readonly prefix: string;
  /** Stands before the signatures that these keys verify. */
  readonly version: string;
  readonly algorithm: { readonly name: string; readonly hash?: string };
  readonly bytesMin: number;
  readonly bytesMax: number;
  readonly signatureBytes: number;
}

const kinds: readonly Kind[] = [
  {
    prefix: 'whsec_',
    version: 'v1',
    algorithm: { name: 'HMAC', hash: 'SHA-256' },
    bytesMin: 24,
    bytesMax: 64,
    signatureBytes: 32,
  },
  {
    prefix: 'whpk_',
    version: 'v1a',
    algorithm: { name: 'Ed25519' },
    bytesMin: 32,
    bytesMax: 32,
    signatureBytes: 64,
  },
];

/** The length of a signature of each version that keys exist for. */
export const signatureBytes: ReadonlyMap<string, number> = new Map(
  kinds.map((kind) => [kind.version, kind.signatureBytes]),
);

/** A key whose text is well formed. */
export interface ParsedKey {
  readonly kind: Kind;
  readonly bytes: Uint8Array;
}

/** Returns the keys in the order given. Throws `invalid_key`, which names the place of the key and never quotes it. */
export function parsedKeys(keys: WebhookKeys): ParsedKey[] {
  const list = typeof keys === 'string' ? [keys] : keys;
  if (!Array.isArray(list) || list.length === 0) throw new WebhookError('invalid_key', 'Give at least one key.');
  return list.map(parsed);
}

function parsed(key: unknown, index: number): ParsedKey {
  const wrong = (what: string) => new WebhookError('invalid_key', `The key at index ${index} ${what}.`);
  if (typeof key !== 'string') throw wrong('is no text');
  if (key.startsWith('whsk_')) throw wrong('signs, and does not belong in a receiver: use the public key, whpk_…');
  const kind = kinds.find(({ prefix }) => key.startsWith(prefix));
  if (kind === undefined) throw wrong('begins with neither whsec_ nor whpk_');
  const { prefix, bytesMin, bytesMax } = kind;
  const bytes = bytesOfBase64(key.slice(prefix.length));
  if (bytes === undefined) throw wrong(`has no valid base64 after ${prefix}`);
  if (bytes.length < bytesMin || bytes.length > bytesMax) {
    const allowed = bytesMin === bytesMax ? `${bytesMin}` : `${bytesMin} to ${bytesMax}`;
    throw wrong(`has ${bytes.length} bytes, and ${prefix} needs ${allowed}`);
  }
  return { kind, bytes };
}

/** A key that is ready to verify signatures of its version. */
export interface VerificationKey {
  readonly version: string;
  /** Takes the same time wherever a signature of the right length differs from the valid one. */
  verify(signature: Uint8Array, content: ArrayBuffer): Promise<boolean>;
}

type Subtle = typeof globalThis.crypto.subtle;

/** Resolves to the keys, ready for use. Rejects with `invalid_key` where the runtime lacks what a key needs. */
export async function importedKeys(keys: readonly ParsedKey[]): Promise<VerificationKey[]> {
  const subtle: Subtle | undefined = globalThis.crypto?.subtle;
  if (subtle === undefined)
    throw new WebhookError(
      'invalid_key',
      'This runtime has no crypto.subtle: browsers have it on pages of https alone.',
    );
  return Promise.all(keys.map((key) => imported(subtle, key)));
}

async function imported(subtle: Subtle, { kind, bytes }: ParsedKey): Promise<VerificationKey> {
  const { algorithm, version, prefix } = kind;
  const key = await subtle.importKey('raw', bytes.slice(), algorithm, false, ['verify']).catch(() => {
    // The runtime's own error is left out: it may describe the key.
    throw new WebhookError('invalid_key', `This runtime's WebCrypto cannot use ${prefix} keys (${algorithm.name}).`);
  });
  return { version, verify: (signature, content) => subtle.verify(algorithm, key, signature.slice(), content) };
}
