/** What a key looks like: `bp_` and 22 base64url characters, which are 16 random bytes. */
import { randomBytes } from 'node:crypto';

/** What every key begins with, and no other credential. */
export const KEY_MARK = 'bp_';
const KEY = new RegExp(`^${KEY_MARK}[A-Za-z0-9_-]{22}$`);
const PREFIX_LENGTH = KEY_MARK.length + 8;

/** Returns a new key with 128 bits from the system's secure source. */
export function mintKey(): string {
  return `${KEY_MARK}${randomBytes(16).toString('base64url')}`;
}

/** Tells whether the text can be a key at all: decided before any work is done for it. */
export function isKeyShaped(text: string): boolean {
  return KEY.test(text);
}

/** The part of a key that is stored and shown, to recognise it by. */
export function prefixOf(key: string): string {
  return key.slice(0, PREFIX_LENGTH);
}
