/** The members that users add to `ctx`. */
import type { principals } from '@tenant-registry/db';
import type { MintedLink } from './password-link.ts';

export interface UsersPort {
  /**
   * Resolves to the user that a subject of the tenant is now, and null while it is none. Rejects with `unavailable` when
   * that cannot be known.
   */
  bySubject(tenantId: string, subject: string): Promise<principals.SubjectAuthority['user']>;
  /** Makes a new link to set a password. Throws `sign_in_disabled` where sign-in is off. */
  mintLink(): MintedLink;
}

declare module '../../kernel/context.ts' {
  interface Ports {
    readonly users: UsersPort;
  }
}
