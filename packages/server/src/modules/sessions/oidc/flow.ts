/**
 * The secrets of one sign-in that is under way. Its cookie is the only one that is random: state, nonce and the verifier of
 * PKCE follow from it, and the database keeps its digest alone, so a copy of the table continues no sign-in.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { digestOf } from '../cookie.ts';

export const FLOW_COOKIE = '__Host-tr_flow';
/** People find their second factor within this. */
export const FLOW_MS_MAX = 10 * 60_000;
const RETURN_TO_MAX = 1_000;

export interface FlowSecrets {
  readonly state: string;
  readonly nonce: string;
  /** The code verifier of PKCE. */
  readonly verifier: string;
}

/** Returns what the provider gets to see of a flow, or a digest of it. */
export function secretsOf(cookie: string): FlowSecrets {
  const derived = (purpose: string) => createHmac('sha256', cookie).update(purpose).digest('base64url');
  return { state: derived('state'), nonce: derived('nonce'), verifier: derived('pkce') };
}

/** Tells whether a returned state is the flow's, in constant time. */
export function isState({ state }: FlowSecrets, returned: string): boolean {
  const [expected, given] = [Buffer.from(state), Buffer.from(returned)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Returns under which hash the database keeps a link to a rehearsal: never that of a cookie, so neither passes as the other. */
export function linkHashOf(token: string): Uint8Array {
  return digestOf(`rehearsal ${token}`);
}

/** Returns the header that gives the browser the cookie: it comes back with the redirect of the provider. */
export function setFlowCookie(value: string): string {
  return `${FLOW_COOKIE}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${FLOW_MS_MAX / 1000}`;
}

/** Returns the header that takes it away. */
export function clearFlowCookie(): string {
  return `${FLOW_COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`;
}

/** Returns the path if every browser takes it for one of the registry's own, and `/` if not. */
export function pathOfOurs(path: string | null): string {
  const isOurs = path !== null && path.length <= RETURN_TO_MAX && /^\/[!-[\]-~]*$/.test(path) && !path.includes('//');
  return isOurs ? path : '/';
}

/** Returns the path with the code of the refusal in its query. */
export function withError(path: string, code: string): string {
  const [place = '/', ...fragment] = path.split('#');
  const query = `${place.includes('?') ? '&' : '?'}error=${code}`;
  return [place + query, ...fragment].join('#');
}
