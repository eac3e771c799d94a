/** The start of a session: with every sign-in and every new password there is a new one, so none can be planted. */
import { sessions, type Tx, users } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { digestOf, mintCookie } from './cookie.ts';

/** However much it is used, a session ends after this. */
export const SESSION_MS_MAX = 12 * 60 * 60_000;
/** Unused, it ends after this. */
export const SESSION_IDLE_MS_MAX = 30 * 60_000;
/** Sessions that a user may have; one more ends the oldest. */
const SESSIONS_MAX = 50;

export interface StartedSession {
  /** The only copy of the cookie's value. */
  readonly cookie: string;
  readonly session: sessions.SessionRow;
}

interface SignedIn {
  readonly tenant_id: string;
  readonly user_id: string;
  /** The configuration through which the person came; null: by password. */
  readonly idp_config_id: string | null;
}

/**
 * Starts a session of the user and notes the sign-in; the caller records `session.started`. The transaction must not be
 * confined to a tenant: tenants make no sessions.
 */
export async function startSession(ctx: ActorContext, tx: Tx, signedIn: SignedIn): Promise<StartedSession> {
  const { tenant_id, user_id } = signedIn;
  const now = ctx.clock();
  await sessions.claimSessionEnds(tx, { tenant_id, user_id, keep: SESSIONS_MAX - 1 }, now);
  const cookie = mintCookie();
  const session = await sessions.insertSession(tx, {
    ...signedIn,
    id: newId(ctx.clock),
    session_hash: digestOf(cookie),
    source_ip: ctx.sourceIp,
    created_at: now,
    expires_at: new Date(now.getTime() + SESSION_MS_MAX),
  });
  await users.touchUserSignIn(tx, user_id, now);
  return { cookie, session };
}
