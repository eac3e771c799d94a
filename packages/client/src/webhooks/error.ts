/** The class of all errors of a verification, and the guard that narrows an error to one code. */

export type WebhookErrorCode =
  /** One of the headers `webhook-id`, `webhook-timestamp` and `webhook-signature` is absent or empty. */
  | 'missing_header'
  /** `webhook-timestamp` is no number of seconds since 1970. */
  | 'invalid_timestamp'
  /** The delivery was signed too long ago: it may be a recorded one, sent once more. */
  | 'too_old'
  /** The delivery claims to be signed in the future: one of the two clocks is wrong. */
  | 'too_new'
  /** None of the signatures was made with one of the keys over these bytes. */
  | 'no_matching_signature'
  /** A key of the receiver cannot be used: a mistake of the receiving program, not of the sender. */
  | 'invalid_key'
  /** The body is no bytes as received, or the signed bytes contain no event. */
  | 'invalid_body';

/** The error of a delivery that was not verified. It contains neither keys nor signatures. */
export class WebhookError<Code extends WebhookErrorCode = WebhookErrorCode> extends Error {
  /** The code for programs to decide by. */
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(message);
    this.name = 'WebhookError';
    this.code = code;
  }
}

/** Tells whether a thrown value is an error of a verification, and, given a code, whether it has that code. */
export function isWebhookError<Code extends WebhookErrorCode = WebhookErrorCode>(
  error: unknown,
  code?: Code,
): error is WebhookError<Code> {
  return error instanceof WebhookError && (code === undefined || error.code === code);
}
