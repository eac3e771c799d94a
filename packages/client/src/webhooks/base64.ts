/** Base64 of RFC 4648, section 4. */

/** Returns the bytes, or undefined for text other than the one canonical spelling of some bytes, padding included. */
export function bytesOfBase64(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const binary = atob(text);
  // Bits that padding leaves over would give one signature several spellings.
  if (btoa(binary) !== text) return undefined;
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
