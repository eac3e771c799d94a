import { createHash, randomBytes } from 'node:crypto';

/** Returns `bp_` and 16 random bytes, the format of the product's keys. */
export function mintKey(): string {
  return `bp_${randomBytes(16).toString('base64url')}`;
}

/** Returns the SHA-256 of `key` as base64. */
export function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64');
}
