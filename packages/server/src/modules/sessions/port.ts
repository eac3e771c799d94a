/** The members that sessions add to `ctx`. */
import type { LastSeen } from '../../kernel/buffered/last-seen.ts';
import type { SessionOf } from './authority.ts';
import type { Passwords } from './passwords/proof.ts';

export interface SessionsPort {
  /** The origin of the registry's own pages; null: sign-in is off. */
  readonly publicUrl: string | null;
  /**
   * Resolves to the session that a cookie belongs to, ended ones too, and to null when it belongs to none. Rejects with
   * `unavailable` when that cannot be known.
   */
  readonly sessionOf: SessionOf;
  /** When sessions were last used. */
  readonly lastSeen: LastSeen;
  readonly passwords: Passwords;
}

declare module '../../kernel/context.ts' {
  interface Ports {
    readonly sessions: SessionsPort;
  }
}
