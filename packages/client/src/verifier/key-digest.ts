/** Names for questions about keys, from which nobody learns the key. */
import type { KeyQuestion } from '../types.ts';

/** Returns a function that names a question: equal ones alike, under a random key that nobody else has and nothing shows. */
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
