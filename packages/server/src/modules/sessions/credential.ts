/** The session cookie as a credential of the registry. */
import { userActor } from '../../kernel/actor.ts';
import { hasPassed } from '../../kernel/clock.ts';
import type { Dependencies } from '../../kernel/context.ts';
import { type CookieReader, type Refusal, refusedCredential } from '../../kernel/credentials.ts';
import type { SessionFacts } from './authority.ts';
import { isCookieShaped, isCsrfToken, SESSION_COOKIE } from './cookie.ts';

const UNKNOWN = { reason: 'unknown_session', detail: 'This session is not known here: sign in.' };

type Known = Pick<Dependencies, 'grants' | 'clock' | 'sessions'>;

/** Makes the reader of the cookie: a request with one of ours acts as the user who signed in. */
export function sessionCookie({ grants, clock, sessions }: Known): CookieReader {
  return {
    kind: 'session',
    cookie: SESSION_COOKIE,
    async identify(value) {
      const found = isCookieShaped(value) ? await sessions.sessionOf(value) : null;
      if (found === null) throw refusedCredential(UNKNOWN);
      const refusal = refusalOf(found, clock());
      if (refusal !== null) throw refusedCredential({ ...refusal, genuine: true });
      sessions.lastSeen.saw(found.id, clock());
      return userActor(grants, found, found.id);
    },
    isDeliberate: (value, { origin, token }) => origin === sessions.publicUrl && isCsrfToken(value, token),
  };
}

/** Returns why the session does not count any more, or null while it counts. Its holder may know the reason. */
function refusalOf(facts: SessionFacts, now: Date): Refusal | null {
  if (facts.revoked_at !== null) return { reason: 'session_ended', detail: 'This session was ended: sign in again.' };
  if (facts.idle || hasPassed(facts.expires_at, now))
    return { reason: 'session_expired', detail: 'This session has expired: sign in again.' };
  if (facts.disabled_at !== null) return { reason: 'user_disabled', detail: 'This user of the tenant is deactivated.' };
  if (facts.tenant_status === 'archived')
    return { reason: 'tenant_archived', detail: 'The tenant of this session is archived.' };
  return null;
}
