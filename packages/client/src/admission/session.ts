/** The decision whether the session of the person at a browser admits a request. */
import type { Sessions } from '../sessions.ts';
import { type Refusal, refusalOf, unavailable } from './refusal.ts';
import { attachSession, type SeenRequest } from './request.ts';

/** The demands on a request that a browser sends. */
export interface SessionRequirement {
  /** The origins of the pages that may send changes, such as `https://portal.example.com`. */
  readonly origins: string | readonly string[];
  /** Called with the reason for each answer 503, for the log. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * Returns the decision. It resolves to undefined once the session is attached to the request, or to the answer that
 * refuses the request. Throws a `TypeError` for text that is no origin, which no browser would send.
 */
export function sessionAdmission(
  sessions: Pick<Sessions, 'read'>,
  { origins, onError }: SessionRequirement,
): (seen: SeenRequest) => Promise<Refusal | undefined> {
  const own = checkedOrigins(typeof origins === 'string' ? [origins] : origins);
  return async ({ request, method, headerOf }) => {
    try {
      const session = await sessions.read(headerOf('cookie'));
      if (session === null) return refusalOf(401, notSignedIn);
      if (!SAFE_METHODS.has(method ?? '')) {
        const byOwnPage = own.has(headerOf('origin') ?? '') && areEqual(headerOf('x-csrf-token'), session.csrf_token);
        if (!byOwnPage) return refusalOf(403, notDeliberate);
      }
      attachSession(request, session);
      return undefined;
    } catch (error) {
      onError?.(error);
      return unavailable(error, 'The session cannot be checked at the moment: try again.');
    }
  };
}

/** Requests with these methods change nothing. A page of another origin can make a browser send all others too. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

const notSignedIn = {
  code: 'unauthenticated',
  detail: 'Nobody is signed in: sign in first.',
  headers: { 'www-authenticate': 'Cookie cookie-name="__Host-tr_session"' },
};
const notDeliberate = {
  code: 'csrf_failed',
  detail: 'A change needs the Origin of an allowed page, and the X-CSRF-Token of the session.',
};

function checkedOrigins(origins: readonly string[]): ReadonlySet<string> {
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new TypeError(`${JSON.stringify(origin)} is no origin, such as https://portal.example.com.`);
  }
  return new Set(origins);
}

/** Compares in a time that does not tell where the texts differ. */
function areEqual(given: string | null | undefined, expected: string): boolean {
  if (typeof given !== 'string' || given.length !== expected.length) return false;
  let differences = 0;
  for (let index = 0; index < expected.length; index += 1)
    differences |= given.charCodeAt(index) ^ expected.charCodeAt(index);
  return differences === 0;
}
