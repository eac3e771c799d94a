/** The kinds of bearer credential. Each is declared by the module that owns it; authentication asks them in order. */
import type { Actor } from './actor.ts';
import { type DomainError, kernelErrors } from './errors.ts';

/** The kind that a credential has by its shape, before anything is proved; the audit log names it. */
export type CredentialKind = 'token' | 'jwt' | 'service_jwt' | 'api_key' | 'session' | 'password' | 'other';

/** What came with a credential. */
export interface Presented {
  /** The network that it came from: wrong credentials are counted by it. */
  readonly from: string;
  /** The tenant that the header X-Tenant-Id names, for credentials that name none themselves; null without the header. */
  readonly tenantId: string | null;
}

export interface CredentialReader {
  readonly kind: CredentialKind;
  /** Tells by its shape, and by what came with it, whether the token is of this kind. No token is of two kinds. */
  recognizes(token: string, presented: Presented): boolean;
  /**
   * Resolves to the actor that the token belongs to. Rejects with `unauthenticated` and a reason when it belongs to no
   * actor, and with `unavailable` when that cannot be known now.
   */
  identify(token: string, presented: Presented): Promise<Actor>;
}

/** A credential that browsers send by themselves. It counts only without an Authorization header. */
export interface CookieReader {
  readonly kind: CredentialKind;
  readonly cookie: string;
  /** Resolves and rejects like `CredentialReader.identify`. */
  identify(value: string, presented: Presented): Promise<Actor>;
  /**
   * Tells whether a request that changes something was sent by a page of ours: a page of another origin can make the
   * browser send the cookie too. `token` is the value of X-CSRF-Token.
   */
  isDeliberate(value: string, sent: { readonly origin: string | null; readonly token: string | null }): boolean;
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
