/** Finds the holder of a presented secret among a few, without showing how close a guess was. */
import { timingSafeEqual } from 'node:crypto';

const NOT_UTF8 = 0xff;
const UTF8_CHARACTER_MAX = 4;

export interface KnownSecret<Holder> {
  /** Printable ASCII. */
  readonly secret: string;
  readonly holder: Holder;
}

/**
 * Returns a function that gives the holder of a secret, or undefined. Every known secret is compared in constant time
 * over one length, so the time tells neither a secret's content nor its length.
 */
export function createSecretMatcher<Holder>(
  known: readonly KnownSecret<Holder>[],
): (presented: string) => Holder | undefined {
  const length = Math.max(0, ...known.map(({ secret }) => secret.length)) + UTF8_CHARACTER_MAX;
  const padded = known.map(({ secret, holder }) => ({ bytes: padInto(Buffer.alloc(length), secret), holder }));
  const scratch = Buffer.alloc(length);
  return (presented) => {
    padInto(scratch, presented);
    let found: Holder | undefined;
    for (const { bytes, holder } of padded) if (timingSafeEqual(bytes, scratch)) found = holder;
    scratch.fill(NOT_UTF8);
    return found;
  };
}

/** Cuts longer text, after the place where every known secret has padding; no text contains the padding byte. */
function padInto(buffer: Buffer, secret: string): Buffer {
  return buffer.fill(NOT_UTF8, buffer.write(secret));
}
