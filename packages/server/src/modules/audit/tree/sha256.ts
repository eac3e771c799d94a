import { hash } from 'node:crypto';

/**
 * Returns the SHA-256 of bytes, or of the UTF-8 of a text. By way of a text, since a buffer that comes from the library
 * has memory of its own, which costs as much as the hash: this runs some millions of times in a row.
 */
export function sha256(data: Uint8Array | string): Buffer {
  return Buffer.from(hash('sha256', data, 'hex'), 'hex');
}
