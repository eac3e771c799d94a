/** Reads the claims of a program's token. Pure: the signature is verified elsewhere. */
import type { JWTHeaderParameters, JWTPayload } from 'jose';
import { OidcRefusal } from '../../kernel/openid/refusal.ts';

const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;
/** What a subject can be: one that no service identity can have is not looked up. */
export const SUBJECT = /^[!-~]{1,500}$/;
const SVID_TYPES: readonly unknown[] = [undefined, 'JWT', 'JOSE'];
const LIFETIME_MAX_SECONDS = 24 * 60 * 60;

/** Tells by its shape whether a credential is a signed token. */
export function isJwtShaped(token: string): boolean {
  return JWT.test(token);
}

/** Throws `OidcRefusal` for another kind of token than a JWT-SVID (section 2.3). */
export function requireSvid({ typ }: JWTHeaderParameters, payload: JWTPayload): void {
  if (!SVID_TYPES.includes(typ)) throw new OidcRefusal('type', { genuine: true });
  if (Object.hasOwn(payload, 'cnf')) throw new OidcRefusal('bound', { genuine: true });
}

/**
 * Returns what is wrong with the time that the token lives, or undefined: it ends within a day of its making. A token that
 * does not say when it was made, or says that it will be, counts as made now.
 */
export function lifetimeMistake({ iat, exp }: JWTPayload, now: Date): string | undefined {
  const nowSeconds = now.getTime() / 1000;
  const made = Math.min(iat ?? nowSeconds, nowSeconds);
  // A number that JSON can write may be infinite.
  return (exp ?? Number.POSITIVE_INFINITY) - made <= LIFETIME_MAX_SECONDS
    ? undefined
    : 'The token lives for more than 24 hours.';
}
