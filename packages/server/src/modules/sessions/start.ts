/** The start of a session: with every sign-in and every new password there is a new one, so none can be planted. */
import { sessions, type Tx, users } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import type { RecordEvent } from '../../kernel/transact.ts';
import { digestOf, mintCookie } from './cookie.ts';
import { sessionEvents } from './schema.ts';

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

export interface Recording {
  readonly tx: Tx;
  readonly record: RecordEvent;
}

interface Starting {
  readonly tenant_id: string;
  readonly user_id: string;
  /** The configuration through which the person came; null: by password. */
  readonly idp_config_id: string | null;
}

/**
 * Starts a session of the user, notes the sign-in, and records what started and what ended; the actor of the context is the
 * user. The transaction must not be confined to a tenant: tenants make no sessions.
 */
export async function startSession(
  ctx: ActorContext,
  { tx, record }: Recording,
  starting: Starting,
): Promise<StartedSession> {
  const { tenant_id, user_id } = starting;
  const now = ctx.clock();
  // First, because it locks the user: of several sign-ins at once, each counts the sessions of those before it.
  await users.touchUserSignIn(tx, user_id, now);
  await endSessions({ tx, record }, { tenant_id, user_id, keep: SESSIONS_MAX - 1 }, now);
  const cookie = mintCookie();
  const session = await sessions.insertSession(tx, {
    ...starting,
    id: newId(ctx.clock),
    session_hash: digestOf(cookie),
    source_ip: ctx.sourceIp,
    created_at: now,
    expires_at: new Date(now.getTime() + SESSION_MS_MAX),
  });
  await record(sessionEvents.started, session);
  return { cookie, session };
}

/** Ends the sessions that have not ended yet, with an event for each, and returns how many there were. */
export async function endSessions(
  { tx, record }: Recording,
  which: sessions.SessionsToEnd,
  endedAt: Date,
): Promise<number> {
  const ended = await sessions.claimSessionEnds(tx, which, endedAt);
  for (const session of ended) await record(sessionEvents.ended, session);
  return ended.length;
}
