/** New passwords: by the old one, or by a one-time link. */
import { passwordLinks, passwords, tenants } from '@tenant-registry/db';
import { userActor } from '../../../kernel/actor.ts';
import type { ActorContext, PersonContext } from '../../../kernel/context.ts';
import { transact } from '../../../kernel/transact.ts';
import { digestOf, setCookie } from '../cookie.ts';
import { sessionErrors } from '../errors.ts';
import { type ChangePassword, type RedeemPasswordLink, sessionEvents } from '../schema.ts';
import { isGone, proves, requireFrontDoor, requireUnchanged, subjectOf } from '../sign-in/service.ts';
import { endSessions, type Recording, startSession } from '../start.ts';
import { requireStrong } from './strength.ts';

/**
 * Sets a password by the one until now, ends every session, and gives the caller a new one. Works in a frozen tenant too.
 * Throws `no_password`, `password_too_weak`, `invalid_credentials`, `too_many_sign_ins`, `overloaded`.
 */
export async function changePassword(ctx: PersonContext, { current, new: next }: ChangePassword): Promise<void> {
  const { tenant_id, user_id } = ctx.person;
  // The hash is not for the role of tenants to read, so it is read past it, by the id of the caller alone.
  const owner = await passwords.findPasswordOwner(ctx.root, user_id);
  if (owner === undefined || owner.password_hash === null) throw sessionErrors.noPassword();
  requireStrong(next, owner.email);
  const proof = {
    subject: subjectOf(tenant_id, owner.address ?? user_id),
    queue: tenant_id,
    presented: current,
    stored: owner.password_hash,
  };
  if (!(await proves(ctx, proof)))
    throw sessionErrors.invalidCredentials({ detail: 'The current password is another one.' });
  const hash = await ctx.sessions.passwords.hash(next, tenant_id, ctx.signal);
  const own = { ...ctx, db: ctx.root };
  const started = await transact(own, async (tx, record) => {
    await requireUnchanged(tx, owner);
    await setPassword(own, { tx, record }, { owner, hash, by: 'change' });
    return startSession(own, { tx, record }, { tenant_id, user_id, idp_config_id: null });
  });
  ctx.answerHeaders.set('set-cookie', setCookie(started.cookie));
}

/**
 * Sets a password by a one-time link, uses the link up, and ends every session of the user. Works in a frozen tenant too.
 * Throws `sign_in_disabled`, `csrf_failed`, `link_invalid`, `password_too_weak`, `too_many_sign_ins`, `overloaded`.
 */
export async function redeemPasswordLink(ctx: ActorContext, { token, new: next }: RedeemPasswordLink): Promise<void> {
  requireFrontDoor(ctx);
  const digest = digestOf(token);
  const invalid = () => {
    ctx.accessLog.failed('password', 'link_invalid', ctx.sourceIp ?? 'unknown');
    return sessionErrors.linkInvalid();
  };
  const link = await passwordLinks.findPasswordLink(ctx.root, digest, ctx.clock());
  const owner = link === undefined ? undefined : await passwords.findPasswordOwner(ctx.root, link.user_id);
  if (owner === undefined || !mayHavePassword(owner)) throw invalid();
  requireStrong(next, owner.email);
  const hash = await ctx.sessions.passwords.hash(next, ctx.network, ctx.signal);
  const { id: user_id, tenant_id, external_subject, display_name } = owner;
  const actor = userActor(ctx.grants, { user_id, tenant_id, external_subject, display_name, roles: [] });
  const own = { ...ctx, actor, db: ctx.root };
  await transact(own, async (tx, record) => {
    const tenant = await tenants.lockTenantShared(tx, tenant_id);
    const user = await passwords.lockPasswordOwner(tx, user_id);
    const used = await passwordLinks.claimPasswordLink(tx, digest, ctx.clock());
    if (tenant === undefined || tenant.status === 'archived') throw invalid();
    if (user === undefined || !mayHavePassword(user) || used === undefined) throw invalid();
    await setPassword(own, { tx, record }, { owner: user, hash, by: 'link' });
  });
}

interface NewPassword {
  readonly owner: passwords.PasswordOwner;
  readonly hash: string;
  readonly by: 'change' | 'link';
}

/** Keeps the hash, and ends all that the password before it, or a link, has opened or could open. */
async function setPassword(ctx: ActorContext, { tx, record }: Recording, { owner, hash, by }: NewPassword) {
  const { id, tenant_id, display_name } = owner;
  await passwords.updatePassword(tx, id, hash);
  await passwordLinks.deletePasswordLink(tx, id);
  await record(sessionEvents.passwordSet, { id, tenant_id, display_name, by });
  await endSessions({ tx, record }, { tenant_id, user_id: id }, ctx.clock());
}

/** Only a user whose subject is of the registry's own has a password: the database holds that too. */
function mayHavePassword(owner: passwords.PasswordOwner): boolean {
  return owner.external_subject.startsWith('local:') && !isGone(owner);
}
