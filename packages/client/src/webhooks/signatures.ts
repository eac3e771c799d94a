/** The header `webhook-signature`: a list of versions and signatures. */
import { bytesOfBase64 } from './base64.ts';
import { signatureBytes } from './keys.ts';

export interface Signature {
  readonly version: string;
  readonly bytes: Uint8Array;
}

/** Bounds the work that a stranger's request causes. A sender makes one signature for each key that is not yet retired. */
const SIGNATURES_MAX = 20;

/**
 * Returns the first 20 signatures of versions that are known here. Passes over other versions, which a newer sender may
 * add, and over text that can be no signature.
 */
export function signaturesIn(header: string): Signature[] {
  const signatures: Signature[] = [];
  for (const part of header.split(/,?\s+/)) {
    const comma = part.indexOf(',');
    const version = part.slice(0, Math.max(comma, 0));
    const length = signatureBytes.get(version);
    if (length === undefined) continue;
    const bytes = bytesOfBase64(part.slice(comma + 1));
    if (bytes?.length === length) signatures.push({ version, bytes });
    if (signatures.length === SIGNATURES_MAX) break;
  }
  return signatures;
}
