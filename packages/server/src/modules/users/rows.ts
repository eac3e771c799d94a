/** Users as the caller may know of them, read and locked. */
import { type Tx, users } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { refusedCredential } from '../../kernel/credentials.ts';
import { reachable } from '../../kernel/reach.ts';
import { lockOwned } from '../tenants/service.ts';

/** Returns the user, or throws `not_found`: also for one whom its provider deleted, of whom only the subject is kept. */
export function reachableUser(ctx: ActorContext, row: users.UserRow | undefined): users.UserRow {
  return reachable(ctx, row?.deleted_at === null ? row : undefined);
}

interface LockOptions {
  /** Works in a frozen and in an archived tenant too. */
  readonly whateverStatus?: boolean;
}

/** The user as the caller knows it, locked after its tenant. Throws `not_found`, `tenant_frozen`, `tenant_archived`. */
export function lockUser(ctx: ActorContext, tx: Tx, id: string, options: LockOptions = {}): Promise<users.UserRow> {
  const { findUser: find, lockUser: lock } = users;
  return lockOwned(ctx, tx, { id, find, lock, reach: reachableUser, ...options });
}

/**
 * Holds the user that asks, or that owns the key that asks, against its deactivation until the transaction ends: for writes
 * that make something of its own. Returns its id, and null for every other caller. Throws `unauthenticated` for one that was
 * deactivated meanwhile.
 */
export async function holdCaller({ actor }: ActorContext, tx: Tx): Promise<string | null> {
  const { user_id, tenant_id } = actor;
  if (user_id === null || tenant_id === null) return null;
  const row = await users.lockUserShared(tx, tenant_id, user_id);
  if (row === undefined || row.disabled_at !== null)
    throw refusedCredential({
      reason: 'user_disabled',
      detail: 'This user of the tenant is deactivated.',
      genuine: true,
    });
  return user_id;
}
