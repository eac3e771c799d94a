/**
 * The cookie of a session: 256 random bits, kept in the database as a digest alone. It is a `__Host-` cookie, so it is sent
 * to this host alone, over https alone, and no page of a neighbouring host can plant one.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export const SESSION_COOKIE = '__Host-tr_session';
const BYTES = 32;
const VALUE = /^[A-Za-z0-9_-]{43}$/;

/** Returns a new value, which exists in the browser alone. */
export function mintCookie(): string {
  return randomBytes(BYTES).toString('base64url');
}

/** Tells whether a value could be one of ours; no other is looked up. */
export function isCookieShaped(value: string): boolean {
  return VALUE.test(value);
}

/** Returns what the database keeps of a random value. */
export function digestOf(value: string): Uint8Array {
  return createHash('sha256').update(value).digest();
}

/** Returns the token that proves that a page of ours sent a request: only a page that can read our answers knows it. */
export function csrfTokenOf(cookie: string): string {
  return createHmac('sha256', cookie).update('csrf').digest('base64url');
}

/** Compares in constant time. */
export function isCsrfToken(cookie: string, token: string | null): boolean {
  const expected = Buffer.from(csrfTokenOf(cookie));
  const given = Buffer.from(token ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Returns the header that gives the browser the cookie. It ends with the session, and with the browser. */
export function setCookie(value: string): string {
  return `${SESSION_COOKIE}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax`;
}

/** Returns the header that takes it away. */
export function clearCookie(): string {
  return `${SESSION_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`;
}
