/** The sessions of the caller. */
import { sessions, tenants, users } from '@tenant-registry/db';
import type { PersonContext } from '../../kernel/context.ts';
import { paginate } from '../../kernel/cursors.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { tenantRoles } from '../../kernel/permissions.ts';
import { transact } from '../../kernel/transact.ts';
import { lockOwned } from '../tenants/service.ts';
import { clearCookie, csrfTokenOf } from './cookie.ts';
import { type CurrentSession, type ListOwnSessions, type Session, sessionEvents } from './schema.ts';
import { endSessions, SESSION_IDLE_MS_MAX } from './start.ts';

/** Returns the caller, its session if it came in one, and what a page of ours must send to change something. */
export async function getSession(ctx: PersonContext): Promise<CurrentSession> {
  const { actor, person, sessionCookie } = ctx;
  const user = await users.findUser(ctx.db, person.user_id);
  if (user === undefined) throw kernelErrors.notFound();
  const session = person.session_id === null ? undefined : await sessions.findSession(ctx.db, person.session_id);
  const roles = tenantRoles.filter((role) => actor.roles.includes(role));
  return {
    user: { ...user, roles },
    session: session ?? null,
    csrf_token: sessionCookie === null ? null : csrfTokenOf(sessionCookie),
  };
}

/** One page of the caller's sessions that have not ended, newest first. Throws `invalid_cursor`. */
export async function listOwnSessions(ctx: PersonContext, input: ListOwnSessions) {
  const { tenant_id, user_id, session_id } = ctx.person;
  const now = ctx.clock();
  const seenAfter = new Date(now.getTime() - SESSION_IDLE_MS_MAX);
  const page = await paginate(ctx.cursors, {
    list: 'own_sessions',
    input,
    keyOf: (row: Session) => [row.id],
    fetch: (asked) => sessions.listSessions(ctx.db, { tenant_id, user_id, now, seenAfter }, asked),
  });
  return { ...page, items: page.items.map((row) => ({ ...row, current: row.id === session_id })) };
}

/** Ends the session that the request came in, and takes the cookie away. A caller that came in none ends nothing. */
export async function endCurrentSession(ctx: PersonContext): Promise<void> {
  const { session_id } = ctx.person;
  if (session_id !== null) await endOne(ctx, session_id);
  takeCookie(ctx);
}

/** Ends a session of the caller; again, it changes nothing. Works in a frozen tenant too. Throws `not_found`. */
export async function endOwnSession(ctx: PersonContext, id: string): Promise<void> {
  await endOne(ctx, id);
  if (id === ctx.person.session_id) takeCookie(ctx);
}

/** Ends every session of the caller, also the one that the request came in. Works in a frozen tenant too. */
export async function endAllSessions(ctx: PersonContext): Promise<void> {
  const { tenant_id, user_id } = ctx.person;
  await transact(ctx, async (tx, record, nothingChanged) => {
    await tenants.lockTenantShared(tx, tenant_id);
    const ended = await endSessions({ tx, record }, { tenant_id, user_id }, ctx.clock());
    // The process that ended them may have stopped before every replica knew, so the replicas are told again.
    if (ended === 0) nothingChanged(tenant_id);
  });
  takeCookie(ctx);
}

function endOne(ctx: PersonContext, id: string): Promise<void> {
  const { person } = ctx;
  return transact(ctx, async (tx, record, nothingChanged) => {
    const { tenant_id, revoked_at } = await lockOwned(ctx, tx, {
      id,
      find: sessions.findSession,
      lock: sessions.lockSession,
      reach: (_, row) => {
        if (row?.tenant_id !== person.tenant_id || row.user_id !== person.user_id) throw kernelErrors.notFound();
        return row;
      },
      whateverStatus: true,
    });
    // As for all of them, the replicas are told again.
    if (revoked_at !== null) return nothingChanged(tenant_id);
    const [ended] = await sessions.claimSessionEnds(tx, { tenant_id, id }, ctx.clock());
    if (ended === undefined) return nothingChanged(tenant_id); // it had expired
    await record(sessionEvents.ended, ended);
  });
}

function takeCookie({ sessionCookie, answerHeaders }: PersonContext): void {
  if (sessionCookie !== null) answerHeaders.set('set-cookie', clearCookie());
}
