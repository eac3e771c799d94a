/** The kinds of bearer credential. Each is declared by the module that owns it; authentication asks them in order. */
import type { Actor } from './actor.ts';
import { type DomainError, kernelErrors } from './errors.ts';

/** The kind that a credential has by its shape, before anything is proved; the audit log names it. */
export type CredentialKind = 'token' | 'jwt' | 'api_key' | 'other';

export interface CredentialReader {
  readonly kind: CredentialKind;
  /** Tells by its shape alone whether the token is of this kind. No token is of two kinds. */
  recognizes(token: string): boolean;
  /**
   * Resolves to the actor that the token belongs to. Rejects with `unauthenticated` and a reason when it belongs to no
   * actor, and with `unavailable` when that cannot be known now. `from` names the network that the token came from:
   * wrong tokens are counted by it.
   */
  identify(token: string, from: string): Promise<Actor>;
}

export interface Refusal {
  /** One word for the audit log. */
  readonly reason: string;
  /** A sentence for the caller. */
  readonly detail: string;
  /** The caller holds a credential that was proved, which has merely ended or is for another use: no lock-out counts it. */
  readonly genuine?: boolean;
}

/** Returns the error for a credential that is refused. */
export function refusedCredential(refusal: Refusal): DomainError {
  return kernelErrors.unauthenticated(refusal);
}
