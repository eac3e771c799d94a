/** The link with which a user sets a password: its token exists in the link alone, and the database keeps its hash. */
import { createHash, randomBytes } from 'node:crypto';
import { sessionErrors } from '../sessions/errors.ts';

/** The link ends after a day. */
export const LINK_MS = 24 * 60 * 60_000;

const BYTES = 32;

export interface MintedLink {
  /** The token is in the fragment, which browsers send to no server: it is in no log of a proxy. */
  readonly url: string;
  readonly token_hash: Uint8Array;
}

/** Makes the function that makes links to the page of ours at that origin. It throws `sign_in_disabled` without one. */
export function createMintLink(publicUrl: string | null): () => MintedLink {
  return () => {
    if (publicUrl === null) throw sessionErrors.signInDisabled();
    const token = randomBytes(BYTES).toString('base64url');
    const token_hash = createHash('sha256').update(token).digest();
    return { url: `${publicUrl}/auth/set-password#token=${token}`, token_hash };
  };
}
