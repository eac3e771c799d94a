/** Names questions about API keys without revealing the key. */
import type { KeyQuestion } from '../types.ts';

/** Returns a function that gives equal questions equal names: an HMAC under a random key that never leaves this closure. */
export function createKeyDigest(): (key: string, question: KeyQuestion) => Promise<string> {
  const encoder = new TextEncoder();
  let secret: ReturnType<typeof newSecret> | undefined;
  return async (key, { scopes = [], product = null, access = 'write' }) => {
    secret ??= newSecret();
    const text = JSON.stringify([key, [...scopes].sort(), product, access]);
    const digest = await crypto.subtle.sign('HMAC', await secret, encoder.encode(text));
    return String.fromCharCode(...new Uint8Array(digest));
  };
}

function newSecret() {
  return crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}
