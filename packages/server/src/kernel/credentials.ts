/** The kinds of bearer credential. Each is declared by the module that owns it; authentication asks them in order. */
import type { Actor } from './actor.ts';
import { type DomainError, kernelErrors } from './errors.ts';

/** What a credential looks like, before anything is proved; the audit log names it. */
export type CredentialKind = 'token' | 'jwt' | 'api_key' | 'other';

export interface CredentialReader {
  readonly kind: CredentialKind;
  /** Tells by its shape alone whether the token is of this kind. No token is of two kinds. */
  recognizes(token: string): boolean;
  /**
   * Resolves to the actor that the token belongs to. Rejects with `unauthenticated` and a reason when it belongs to no
   * actor, and with `unavailable` when that cannot be known now.
   */
  identify(token: string): Promise<Actor>;
}

/** Returns the error for a credential that is refused: `reason` is one word for the audit log, `detail` is for the caller. */
export function refusedCredential(reason: string, detail: string): DomainError {
  return kernelErrors.unauthenticated({ reason, detail });
}
