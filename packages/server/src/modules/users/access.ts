/** What a user may do, and how all of it is taken away at once. */
import { apiKeys, leaveTenant, passwordLinks, sessions, type Tx, type users } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { requireHeld } from '../../kernel/held.ts';
import type { TenantRole } from '../../kernel/permissions.ts';
import type { RecordEvent } from '../../kernel/transact.ts';
import { apiKeyEvents } from '../api-keys/schema.ts';
import { sessionEvents } from '../sessions/schema.ts';
import type { User } from './schema.ts';

/** Throws `forbidden` when the caller lacks a permission that the roles hold: a caller gives only what it holds. */
export function requireGrantable(ctx: ActorContext, roles: readonly TenantRole[]): void {
  requireHeld(ctx, ctx.grants.ofRoles(roles));
}

/** Throws `forbidden` when the user may do something anywhere that the caller may not. */
export function requireOutranking(ctx: ActorContext, { roles, highest_level }: users.UserPowers): void {
  requireGrantable(ctx, roles);
  if (highest_level !== null) requireHeld(ctx, ctx.grants.byLevel[highest_level]);
}

export interface EndedAccess {
  readonly sessions_ended: number;
  readonly api_keys_revoked: number;
  readonly password_link_deleted: boolean;
}

/**
 * Ends the sessions of a user, revokes its keys and takes its link away, with an event for each session and key. The caller
 * holds the user's row, so nothing of that is being made. Its other writes come before: the link belongs to no tenant's
 * rights, so the transaction leaves the tenant for it.
 */
export async function endAccess(
  ctx: ActorContext,
  tx: Tx,
  { record, user }: { readonly record: RecordEvent; readonly user: Pick<User, 'id' | 'tenant_id'> },
): Promise<EndedAccess> {
  const { tenant_id, id: user_id } = user;
  const now = ctx.clock();
  const ended = await sessions.claimSessionEnds(tx, { tenant_id, user_id }, now);
  for (const each of ended) await record(sessionEvents.ended, each);
  const revoked = await apiKeys.claimOwnedRevocations(tx, { tenant_id, user_id }, now);
  for (const key of revoked) await record(apiKeyEvents.revoked, key);
  await leaveTenant(tx);
  const password_link_deleted = await passwordLinks.deletePasswordLink(tx, user_id);
  return { sessions_ended: ended.length, api_keys_revoked: revoked.length, password_link_deleted };
}
