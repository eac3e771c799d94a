/** Names secrets without revealing them. */

/** Returns a function that gives equal texts equal names: an HMAC under a random key that never leaves this closure. */
export function createDigest(): (text: string) => Promise<string> {
  const encoder = new TextEncoder();
  let secret: ReturnType<typeof newSecret> | undefined;
  return async (text) => {
    secret ??= newSecret();
    const digest = await crypto.subtle.sign('HMAC', await secret, encoder.encode(text));
    return String.fromCharCode(...new Uint8Array(digest));
  };
}

function newSecret() {
  return crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
}
