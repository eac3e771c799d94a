/** The one form of a JSON value (RFC 8785): values that are equal have it in common, however the database keeps them. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

export interface Canonical {
  readonly text: string;
  readonly bytes: number;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
}

/** Returns the canonical form of a value that JSON can carry. */
export function canonicalOf(value: unknown): Canonical {
  const text = textOf(value);
  return { text, bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') };
}

/** Returns how many bytes the canonical form has. */
export function canonicalBytes(value: unknown): number {
  return Buffer.byteLength(textOf(value));
}

function textOf(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('JSON cannot carry the value');
  return text;
}
