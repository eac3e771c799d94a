/** The secrets that sign deliveries: made, checked, sealed and opened. */
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import type { webhooks } from '@tenant-registry/db';
import type { Sealed } from '../../kernel/sealed.ts';
import type { Webhook } from './schema.ts';

/** What sealed texts of webhooks are sealed for: part of their key, so it never changes. */
export const PURPOSE = 'webhook secrets';

const SECRET_BYTES = 32;
const SEED_BYTES = 32;

export interface SigningSecret {
  /** `whsec_` or `whsk_` and base64: what is sealed. */
  readonly text: string;
  /** `whpk_` and base64; null with `hmac`. */
  readonly publicKey: string | null;
}

/** Returns a new secret of the kind, or the given one. */
export function newSecret(signature: Webhook['signature'], given?: string): SigningSecret {
  if (signature === 'hmac')
    return { text: given ?? `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`, publicKey: null };
  const seed = randomBytes(SEED_BYTES);
  return { text: `whsk_${seed.toString('base64')}`, publicKey: `whpk_${publicKeyOf(seed).toString('base64')}` };
}

/**
 * Resolves with the opened secrets, in the order of the rows: `listSecrets` gives the newest first, without those that have
 * expired. Rejects with `secrets_key_missing`, and when a row was changed.
 */
export function openSecrets(
  sealed: Sealed,
  rows: readonly Pick<webhooks.WebhookSecretRow, 'id' | 'sealed'>[],
): Promise<readonly string[]> {
  const sealer = sealed(PURPOSE);
  return Promise.all(rows.map((row) => sealer.open(row.sealed, row.id)));
}

// RFC 8410, section 7: the bytes before the seed in a PKCS #8 private key, and before the key in a public one.
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_BYTES = 12;

/** Returns the 32 bytes of the public key of an Ed25519 seed (RFC 8032, section 5.1.5). */
export function publicKeyOf(seed: Buffer): Buffer {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_BYTES);
}
