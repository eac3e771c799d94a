/** Signs deliveries as Standard Webhooks demands, with node:crypto and nothing of the SDK. */
import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto';
import type { RegistryEvent } from '../src/webhooks.ts';

/** A key of a sender, and the key with which a receiver verifies its signatures. */
export interface SigningKey {
  readonly verifiedBy: string;
  /** Returns the signature with its version in front. */
  sign(content: Uint8Array): string;
}

export function newSecret(bytes: Uint8Array = randomBytes(32)): SigningKey {
  return {
    verifiedBy: `whsec_${Buffer.from(bytes).toString('base64')}`,
    sign: (content) => `v1,${createHmac('sha256', bytes).update(content).digest('base64')}`,
  };
}

export function newKeyPair(): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    verifiedBy: `whpk_${rawKeyOf(publicKey).toString('base64')}`,
    sign: (content) => `v1a,${sign(null, content, privateKey).toString('base64')}`,
  };
}

function rawKeyOf(publicKey: KeyObject): Buffer {
  return Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
}

export interface SignedDelivery {
  readonly headers: Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>;
  readonly body: string;
}

/** Signs the body with every key, at the time given in seconds: now, unless the test says otherwise. */
export function signed(
  { id, body, at = secondsNow() }: { id: string; body: string | Uint8Array; at?: number | string },
  keys: readonly SigningKey[],
): SignedDelivery {
  const content = Buffer.concat([Buffer.from(`${id}.${at}.`), Buffer.from(body)]);
  const signatures = keys.map((key) => key.sign(content));
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': signatures.join(' ') };
  return { headers, body: typeof body === 'string' ? body : Buffer.from(body).toString() };
}

export function signedEvent(event: RegistryEvent, keys: readonly SigningKey[], at?: number): SignedDelivery {
  return signed({ id: event.id, body: JSON.stringify(event), ...(at === undefined ? {} : { at }) }, keys);
}

export function secondsNow(): number {
  return Math.floor(Date.now() / 1_000);
}

/** An event with text that one encoding writes otherwise than another. */
export function newEvent(overrides: Partial<Record<keyof RegistryEvent, unknown>> = {}): RegistryEvent {
  const id = randomUUID();
  return {
    id: randomUUID(),
    type: 'tenant.created',
    timestamp: '2026-05-01T12:00:00.123Z',
    tenant_id: id,
    project_id: null,
    product: null,
    subject: { type: 'tenant', id },
    data: { name: 'Größe & Söhne ☃ 𝔘', version: 1 },
    ...overrides,
  } as RegistryEvent; // whatever the data of the type is
}
