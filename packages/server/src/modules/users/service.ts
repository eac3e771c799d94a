/** The people of a tenant: made, changed, and activated again. */
import { leaveTenant, passwordLinks, sessions, users } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { paginate } from '../../kernel/cursors.ts';
import { requireMatch } from '../../kernel/etag.ts';
import { newId } from '../../kernel/ids.ts';
import { rehearse, transact, type Work } from '../../kernel/transact.ts';
import { lossesOf } from '../access/losses.ts';
import { listEffectiveGroups } from '../groups/effective/service.ts';
import { type Session, sessionEvents } from '../sessions/schema.ts';
import { lockTenantWithRoom, readableTenant } from '../tenants/service.ts';
import { requireGrantable, requireOutranking } from './access.ts';
import { userErrors } from './errors.ts';
import { LINK_MS } from './password-link.ts';
import { lockUser, reachableUser } from './rows.ts';
import {
  type ChangedUser,
  type CreateUser,
  type ListUsers,
  type PageOfUser,
  type PasswordLink,
  type UpdateUser,
  type User,
  user,
  userEvents,
} from './schema.ts';

export { deactivateUser } from './deactivation.ts';
export { deleteUser } from './removal.ts';
export { holdCaller } from './rows.ts';

/**
 * Creates a user that signs in with a password of its own, once it has set one. Throws `forbidden` for roles that hold more
 * than the caller, `user_email_taken`, `not_found`, `tenant_frozen`, `quota_exceeded`.
 */
export async function createUser(ctx: ActorContext, input: CreateUser): Promise<User> {
  requireGrantable(ctx, input.roles);
  return transact(ctx, async (tx, record) => {
    await lockTenantWithRoom(ctx, tx, { tenant_id: input.tenant_id, quota: 'users' });
    const id = newId(ctx.clock);
    const made = { id, external_subject: `local:${id}`, provisioned_by: 'api', created_at: ctx.clock() } as const;
    const row = await users.insertUser(tx, { ...input, ...made });
    await record(userEvents.created, row);
    return row;
  });
}

/** Throws `not_found`, `tenant_archived`. */
export async function getUser(ctx: ActorContext, id: string): Promise<User> {
  const row = reachableUser(ctx, await users.findUser(ctx.db, id));
  await readableTenant(ctx, row.tenant_id);
  return row;
}

/** One page of a tenant's users, newest first. Throws `invalid_cursor`, `not_found`, `tenant_archived`. */
export async function listUsers(ctx: ActorContext, input: ListUsers) {
  const { tenant_id, email, disabled } = input;
  await readableTenant(ctx, tenant_id);
  return paginate(ctx.cursors, {
    list: 'users',
    input,
    keyOf: (row: User) => [row.id],
    fetch: (page) => users.listUsers(ctx.db, { tenant_id, email, disabled }, page),
  });
}

/**
 * Changes e-mail address, name or roles. A dry run changes nothing and tells which levels the user would lose. Throws
 * `forbidden` for roles that hold more than the caller, `user_provisioned`, `user_email_taken`, `not_found`,
 * `tenant_frozen`, `precondition_failed`.
 */
export async function updateUser(ctx: ActorContext, { id, dry_run, ...changes }: UpdateUser): Promise<ChangedUser> {
  const update: Work<User> = async (tx, record, nothingChanged) => {
    const current = await lockUser(ctx, tx, id);
    requireMatch(ctx, user.parse(current));
    const { email = current.email, display_name = current.display_name, roles = current.roles } = changes;
    const isOwned = email !== current.email || display_name !== current.display_name;
    if (isOwned && current.provisioned_by === 'scim') throw userErrors.userProvisioned();
    requireGrantable(
      ctx,
      roles.filter((role) => !current.roles.includes(role)),
    );
    if (Object.keys(changes).length === 0) {
      nothingChanged();
      return current;
    }
    const row = await users.updateUser(tx, id, { email, display_name, roles: [...roles] });
    await record(userEvents.updated, row);
    return row;
  };
  if (!dry_run) return transact(ctx, update);
  return rehearse(ctx, async (tx, ...rest) => {
    const { tenant_id } = await lockUser(ctx, tx, id);
    const affected = { tenant_id, users: [id] };
    const { result, lost } = await lossesOf(ctx, tx, { affected, work: () => update(tx, ...rest) });
    return { ...result, ...lost };
  });
}

/**
 * Activates a user; no session, key or link comes back. Again, it changes nothing. Throws `forbidden` for a user who may do
 * more than the caller, `not_found`, `tenant_frozen`, `precondition_failed`.
 */
export async function activateUser(ctx: ActorContext, id: string): Promise<User> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const current = await lockUser(ctx, tx, id);
    requireMatch(ctx, user.parse(current));
    if (current.disabled_at === null) {
      nothingChanged();
      return current;
    }
    const row = await users.updateUser(tx, id, { disabled_at: null });
    requireOutranking(ctx, await users.findUserPowers(tx, { tenant_id: row.tenant_id, user_id: id }));
    await record(userEvents.activated, row);
    return row;
  });
}

/**
 * Makes the link with which a user sets a password; the one before is good for nothing from then on. Works in a frozen and
 * an archived tenant too. Throws `forbidden` for a user who may do more than the caller, `user_not_local`, `user_disabled`,
 * `sign_in_disabled`, `not_found`.
 */
export async function issuePasswordLink(ctx: ActorContext, id: string): Promise<PasswordLink> {
  return transact(ctx, async (tx, record) => {
    const row = await lockUser(ctx, tx, id, { whateverStatus: true });
    if (!row.external_subject.startsWith('local:')) throw userErrors.userNotLocal();
    if (row.disabled_at !== null) throw userErrors.userDisabled();
    requireOutranking(ctx, await users.findUserPowers(tx, { tenant_id: row.tenant_id, user_id: id }));
    const { url, token_hash } = ctx.users.mintLink();
    const created_at = ctx.clock();
    const expires_at = new Date(created_at.getTime() + LINK_MS);
    await record(userEvents.linkIssued, { ...row, link_expires_at: expires_at.toISOString() });
    // Links belong to no tenant's rights.
    await leaveTenant(tx);
    const named = { tenant_id: row.tenant_id, user_id: id };
    await passwordLinks.insertPasswordLink(tx, { ...named, token_hash, created_at, expires_at });
    return { url, expires_at: expires_at.toISOString() };
  });
}

/** One page of the user's sessions that have not ended, newest first. Throws `invalid_cursor`, `not_found`, `tenant_archived`. */
export async function listUserSessions(ctx: ActorContext, { id, ...page }: PageOfUser) {
  const { tenant_id } = await getUser(ctx, id);
  return paginate(ctx.cursors, {
    list: 'user_sessions',
    input: { id, ...page },
    keyOf: (row: Session) => [row.id],
    fetch: (asked) => sessions.listSessions(ctx.db, { tenant_id, user_id: id, now: ctx.clock() }, asked),
  });
}

/** Ends all sessions of a user; again, it changes nothing. Works in a frozen and an archived tenant too. Throws `not_found`. */
export async function endUserSessions(ctx: ActorContext, id: string): Promise<void> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const { tenant_id } = await lockUser(ctx, tx, id, { whateverStatus: true });
    const ended = await sessions.claimSessionEnds(tx, { tenant_id, user_id: id }, ctx.clock());
    for (const each of ended) await record(sessionEvents.ended, each);
    // As for a deactivation, the replicas are told again.
    if (ended.length === 0) nothingChanged(tenant_id);
  });
}

/** One page of the groups that the user is in, itself and through others. Throws `invalid_cursor`, `not_found`, `tenant_archived`. */
export async function listUserGroups(ctx: ActorContext, input: PageOfUser) {
  const { id, tenant_id } = await getUser(ctx, input.id);
  return listEffectiveGroups(ctx, { tenant_id, user_id: id, service_identity_id: null }, input);
}
