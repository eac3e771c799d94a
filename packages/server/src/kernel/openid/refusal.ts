/** Why a token of an OpenID provider is not believed. */

/** A sentence for each reason. They go into `WWW-Authenticate` as they are: ASCII without quotes (RFC 6750, section 3). */
const sentences = {
  malformed: 'The token is not a signed JWT of at most 12 KiB with the required claims.',
  unknown_issuer: 'The token is from an issuer that is not trusted here.',
  algorithm: 'The token is signed with an algorithm that is not accepted here.',
  unknown_key: 'The token is signed with a key that its issuer does not publish.',
  signature: 'The signature of the token is wrong.',
  audience: 'The token is meant for somebody else.',
  expired: 'The token has expired.',
  not_yet_valid: 'The token is not valid yet.',
  type: 'The token is no access token.',
  bound: 'The token is bound to a key of its sender, which cannot be proved here.',
  subject: 'The token does not say whom it is about, in 1 to 200 visible ASCII characters.',
} as const;

export type RefusalReason = keyof typeof sentences;

export interface RefusalExtras {
  /** The signature is good: an issuer that is trusted here made the token. */
  readonly genuine?: boolean;
  /** For the log only. */
  readonly cause?: unknown;
}

/** Thrown for a token that is not believed; `reason` is for programs and counters, the message for the caller. */
export class OidcRefusal extends Error {
  readonly reason: RefusalReason;
  readonly genuine: boolean;

  constructor(reason: RefusalReason, { genuine = false, cause }: RefusalExtras = {}) {
    super(sentences[reason], { cause });
    this.name = 'OidcRefusal';
    this.reason = reason;
    this.genuine = genuine;
  }
}
