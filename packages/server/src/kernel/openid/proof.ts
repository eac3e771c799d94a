/** What every signed token is asked first, and why a proof of it failed. */
import { decodeJwt, decodeProtectedHeader, errors, type JWTVerifyResult } from 'jose';
import { OidcRefusal, type RefusalReason } from './refusal.ts';

const TOKEN_CHARACTERS_MAX = 12_288;

/** What an unproved token says of itself. */
export interface Claimed {
  readonly alg: string;
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
}

/** Reads from an unproved token who could prove it, and how; throws `OidcRefusal` for what is no signed token. */
export function claimedOf(token: string): Claimed {
  if (token.length > TOKEN_CHARACTERS_MAX) throw new OidcRefusal('malformed');
  try {
    const { alg } = decodeProtectedHeader(token);
    const { iss, sub } = decodeJwt(token);
    if (typeof alg === 'string') return { alg, issuer: textOf(iss), subject: textOf(sub) };
  } catch (error) {
    throw new OidcRefusal('malformed', { cause: error });
  }
  throw new OidcRefusal('malformed');
}

/** Resolves with the verified token; a failure of the proof becomes an `OidcRefusal` with its reason. */
export async function proved(verify: () => Promise<JWTVerifyResult>): Promise<JWTVerifyResult> {
  try {
    return await verify();
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    // The claims are looked at only when the signature is good.
    const genuine = error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed;
    throw new OidcRefusal(reasonOf(error), { genuine, cause: error });
  }
}

function reasonOf(error: errors.JOSEError): RefusalReason {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return 'unknown_key';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (!(error instanceof errors.JWTClaimValidationFailed)) return 'malformed';
  if (error.claim === 'aud') return 'audience';
  return error.claim === 'nbf' && error.reason === 'check_failed' ? 'not_yet_valid' : 'malformed';
}

// The types of jose promise texts, but an issuer can sign any JSON.
function textOf(claim: unknown): string | undefined {
  return typeof claim === 'string' ? claim : undefined;
}
