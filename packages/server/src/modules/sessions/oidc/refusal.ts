/** Why a sign-in through a provider is refused: a code for the page that the person comes back to, and a reason for the audit log. */

/** The values of `error` in the address that a refused person is sent to. */
export const refusalCodes = [
  'sign_in_expired',
  'sign_in_refused',
  'assurance_missing',
  'account_unknown',
  'account_exists',
  'account_disabled',
  'provider_unavailable',
  'tenant_frozen',
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

/** Thrown for a sign-in that goes no further. `reason` is one word; the message and its cause hold no secret and no token. */
export class SignInRefusal extends Error {
  readonly code: RefusalCode;
  readonly reason: string;

  constructor(code: RefusalCode, reason: string, detail?: string) {
    super(detail ?? reason);
    this.name = 'SignInRefusal';
    this.code = code;
    this.reason = reason;
  }
}
