/** Signatures of Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks, 1.0). */
import { createHmac, createPrivateKey, sign as signBytes } from 'node:crypto';

export interface Signable {
  /** The id of the event: the same at every attempt. */
  readonly id: string;
  /** Of the attempt, in seconds. */
  readonly timestamp: number;
  readonly body: string;
}

const HMAC_PREFIX = 'whsec_';
const ED25519_PREFIX = 'whsk_';
const SEED_BYTES = 32;
/** The DER of an ed25519 private key (RFC 8410) up to its seed. */
const PKCS8_START = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Returns the headers that sign the message with every secret, newest first: `v1` (HMAC-SHA256) with `whsec_…`, `v1a`
 * (ed25519) with `whsk_…`. Throws an error without the secret in it when one of them can be neither, or there is none.
 */
export function signatureHeaders(message: Signable, secrets: readonly string[]): Record<string, string> {
  if (secrets.length === 0) throw new Error('a webhook is not sent unsigned');
  const { id, timestamp, body } = message;
  const content = Buffer.from(`${id}.${timestamp}.${body}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': secrets.map((secret) => signature(secret, content)).join(' '),
  };
}

function signature(secret: string, content: Buffer): string {
  if (secret.startsWith(HMAC_PREFIX)) {
    const key = Buffer.from(secret.slice(HMAC_PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
  }
  const seed = Buffer.from(secret.slice(ED25519_PREFIX.length), 'base64');
  if (!secret.startsWith(ED25519_PREFIX) || seed.byteLength !== SEED_BYTES) {
    throw new Error('a secret of a webhook is neither whsec_ nor whsk_');
  }
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_START, seed]), format: 'der', type: 'pkcs8' });
  return `v1a,${signBytes(null, content, key).toString('base64')}`;
}
