/** Why nothing came back, in words for callers: no sentence names an address. */
import { NO_SUCH_NAME } from './resolver.ts';

// Codes like ERR_TLS_CERT_ALTNAME_INVALID, DEPTH_ZERO_SELF_SIGNED_CERT, UNABLE_TO_GET_ISSUER_CERT.
const TLS_CODE = /CERT|SELF_SIGNED|UNABLE_TO|^ERR_(TLS|SSL)/;
/** The name servers did not answer. */
const TOO_LATE = 'ETIMEOUT';

// One sentence for an inside name and for a name that does not exist: the answer must not tell which inside names exist.
export const NOT_PUBLIC = 'The host has no public address.';

/** Why nothing was fetched: `outbound_refused` by our rules, `outbound_failed` over there. The message is for callers; the cause, with addresses, for the log. */
export class OutboundError extends Error {
  readonly code: 'outbound_refused' | 'outbound_failed';

  constructor(code: OutboundError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'OutboundError';
    this.code = code;
  }
}

/** Returns the error for callers; an `OutboundError` stays as it is. */
export function toOutboundError(error: unknown, deadline: AbortSignal): OutboundError {
  if (error instanceof OutboundError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (deadline.aborted || code === TOO_LATE) {
    return new OutboundError('outbound_failed', 'The host does not answer in time.', error);
  }
  if (NO_SUCH_NAME.includes(code)) return new OutboundError('outbound_refused', NOT_PUBLIC, error);
  const message = TLS_CODE.test(code) ? "The host's TLS certificate is not trusted." : 'The host cannot be reached.';
  return new OutboundError('outbound_failed', message, error);
}
