/** Finds out in the process of a product who is signed in, and keeps answers while the registry reports changes. */
import type { WaitOptions } from './calls/options.ts';
import { cookieOf, sessionIn } from './calls/session-cookie.ts';
import { isRegistryError } from './errors.ts';
import type { Client } from './generated/client.ts';
import type { Outputs } from './generated/outputs.ts';
import { createDigest } from './memory/digest.ts';
import type { FollowerRuntime } from './memory/follow-changes.ts';
import { createRemembered, followerRuntime, type Memory, type MemorySettings } from './memory/remembered.ts';
import type { CurrentSession } from './types.ts';

export interface SessionsOptions extends MemorySettings {
  /**
   * A client with the internal token, which the feed of changes needs; sessions are read with the person's own cookie. A
   * registry with an internal listener serves sessions on the public one alone: give the parts of two clients then.
   */
  readonly client: Pick<Client, 'changes'> & { readonly sessions: Pick<Client['sessions'], 'current'> };
}

export interface Sessions extends Memory {
  /**
   * Takes the `Cookie` header of a request. Resolves to the user, the session and the CSRF token, and to null when nobody
   * is signed in; rejects when that cannot be known. An answer from memory reflects every end of a session, every
   * deactivation and every change of roles that was answered at least three seconds ago; a name may be older by `ttlMs`.
   * Without the feed each question goes to the registry. The answer is frozen.
   */
  read(cookies: string | null | undefined, options?: WaitOptions): Promise<CurrentSession | null>;
}

/**
 * Returns an object that reads sessions, and starts to follow the feed of changes at once. Create one for each process and
 * close it at the end of the process; an open one does not keep a Node process alive. Throws a `TypeError` for invalid
 * options.
 */
export function createSessions(options: SessionsOptions): Sessions {
  return createSessionsOn(followerRuntime(), options);
}

/** Returns an object that reads sessions, whose time, pauses and chance come from the runtime. */
export function createSessionsOn(runtime: FollowerRuntime, options: SessionsOptions): Sessions {
  const { client } = options;
  const digestOf = createDigest();
  const { answer, memory } = createRemembered<string, CurrentSession>(runtime, options, {
    path: 'sessions.current',
    ask: async (session) => signedIn(await client.sessions.current({}, { cookie: cookieOf(session) })),
    lifetimeOf: ({ user, session }) => ({ tenantId: user.tenant_id, endsAt: session.expires_at }),
  });
  return Object.assign(memory, {
    async read(cookies: string | null | undefined, waiting?: WaitOptions) {
      const session = sessionIn(cookies ?? '');
      if (session === undefined) return null;
      try {
        return await answer(await digestOf(session), session, waiting);
      } catch (error) {
        if (isRegistryError(error, 'unauthenticated')) return null;
        throw error;
      }
    },
  });
}

/** The registry gives the session and its token to everybody who comes with a cookie. */
function signedIn({ user, session, csrf_token }: Outputs['sessions']['current']): CurrentSession {
  if (session === null || csrf_token === null) throw new Error('The registry answered a cookie without its session.');
  return { user, session, csrf_token };
}
