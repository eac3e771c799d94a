/** Cookie → the session that it belongs to, remembered while a lease is held. */
import { sessions } from '@tenant-registry/db';
import type { KernelDependencies } from '../../kernel/context.ts';
import { createRememberedRead } from '../../kernel/leases/remembered-read.ts';
import { digestOf } from './cookie.ts';
import { SESSION_IDLE_MS_MAX } from './start.ts';

/** A session as it was when it was last read. */
export interface SessionFacts extends sessions.SessionAuthority {
  /** It had been unused for too long already. */
  readonly idle: boolean;
}

export type SessionOf = (cookie: string) => Promise<SessionFacts | null>;

type Needs = Pick<KernelDependencies, 'database' | 'leases' | 'clock'>;

/**
 * Makes the function behind `ctx.sessions.sessionOf`. Whether a session was unused for too long is decided when it is read:
 * what is remembered of it is at most a minute old, and each use in that minute counts.
 */
export function createSessionOf({ database, leases, clock }: Needs): SessionOf {
  const find = sessions.prepareFindSession(database);
  return createRememberedRead(leases, async (cookie: string) => {
    const found = await find(digestOf(cookie));
    if (found === undefined) return null;
    const { authority, marks } = found;
    const idle = clock().getTime() - new Date(authority.last_seen_at).getTime() >= SESSION_IDLE_MS_MAX;
    return { facts: { ...authority, idle }, marks };
  });
}
