/** Sign-in by password, and what is told before it: operations that need no credential. */
import { passwords, signIn, type Tx, tenants } from '@tenant-registry/db';
import { userActor } from '../../../kernel/actor.ts';
import type { ActorContext, Context } from '../../../kernel/context.ts';
import { DomainError, kernelErrors } from '../../../kernel/errors.ts';
import { tenantRoles } from '../../../kernel/permissions.ts';
import { transact } from '../../../kernel/transact.ts';
import { csrfTokenOf, setCookie } from '../cookie.ts';
import { sessionErrors } from '../errors.ts';
import { type ListProviders, PROVIDERS_MAX, type SignedIn, type SignIn, type SignInProviders } from '../schema.ts';
import { startSession } from '../start.ts';

/**
 * Starts a session of the user with that password. Every wrong combination costs one read and one computation, and has one
 * answer. Throws `sign_in_disabled`, `csrf_failed`, `invalid_credentials`, `too_many_sign_ins`, `overloaded`.
 */
export async function signInByPassword(ctx: ActorContext, { tenant, email, password }: SignIn): Promise<SignedIn> {
  requireFrontDoor(ctx);
  const found = await passwords.findPasswordSignIn(ctx.root, { ...named(tenant), email });
  const refusal = refusalOf(found);
  const { user } = found;
  const proved = await proves(ctx, {
    subject: subjectOf(found.tenant_id ?? tenant.toLowerCase(), found.address),
    queue: ctx.network,
    presented: password,
    stored: refusal === null && user !== null ? user.password_hash : null,
    refusal,
  });
  if (!proved || user === null) throw sessionErrors.invalidCredentials();
  const { id: user_id, tenant_id, external_subject, display_name, email: known } = user;
  const roles = tenantRoles.filter((role) => user.roles.includes(role));
  const actor = userActor(ctx.grants, { user_id, tenant_id, external_subject, display_name, roles });
  const own = { ...ctx, actor, db: ctx.root };
  const { cookie } = await transact(own, async (tx, record) => {
    await requireUnchanged(tx, user);
    return startSession(own, { tx, record }, { tenant_id, user_id, idp_config_id: null });
  });
  ctx.answerHeaders.set('set-cookie', setCookie(cookie));
  return { user: { id: user_id, tenant_id, email: known, display_name, roles }, csrf_token: csrfTokenOf(cookie) };
}

/** The OpenID providers of a tenant: none when it does not exist or is archived, and none while sign-in is off. */
export async function listProviders(ctx: Context, { tenant }: ListProviders): Promise<SignInProviders> {
  const { publicUrl } = ctx.sessions;
  if (publicUrl === null) return { items: [] };
  const rows = await signIn.listSignInProviders(ctx.root, { ...named(tenant), limit: PROVIDERS_MAX });
  const items = rows.map(({ id, tenant_id, alias }) => {
    const asked = new URLSearchParams({ tenant: tenant_id, idp: id });
    return { id, alias, kind: 'oidc' as const, sign_in_url: `${publicUrl}/auth/sign-in?${asked}` };
  });
  return { items };
}

/** Throws `sign_in_disabled` while the registry has no address, and `csrf_failed` for a page that is none of ours. */
export function requireFrontDoor({ sessions: { publicUrl }, origin }: Context): void {
  if (publicUrl === null) throw sessionErrors.signInDisabled();
  if (origin !== null && origin !== publicUrl)
    throw kernelErrors.csrfFailed({
      detail: 'Only pages of the registry itself sign people in: the Origin is another.',
    });
}

interface Attempt {
  readonly subject: string;
  readonly queue: string;
  readonly presented: string;
  readonly stored: string | null;
  /** Why even the right password would not do, in a word for the audit log. */
  readonly refusal?: string | null;
}

/** Tells whether the password is right; a wrong one is noted for the audit log. */
export async function proves(ctx: Context, { refusal, ...proof }: Attempt): Promise<boolean> {
  const failed = (reason: string) => ctx.accessLog.failed('password', reason, ctx.sourceIp ?? 'unknown');
  try {
    const proved = await ctx.sessions.passwords.proves(proof);
    if (!proved) failed(refusal ?? 'wrong_password');
    return proved;
  } catch (error) {
    const tooMany = sessionErrors.tooManySignIns.definition;
    if (error instanceof DomainError && error.definition === tooMany) failed('rate_limited');
    throw error;
  }
}

/** Names what wrong passwords are counted by. */
export function subjectOf(tenant: string, address: string): string {
  return `${tenant} ${address}`;
}

function refusalOf({ tenant_id, tenant_status, user }: passwords.PasswordSignIn): string | null {
  if (tenant_id === null) return 'unknown_tenant';
  if (tenant_status === 'archived') return 'tenant_archived';
  if (user === null) return 'unknown_user';
  if (isGone(user)) return 'user_disabled';
  return user.password_hash === null ? 'no_password' : null;
}

/** Tells whether the user may not come in any more. */
export function isGone({ disabled_at, deleted_at }: passwords.PasswordOwner): boolean {
  return disabled_at !== null || deleted_at !== null;
}

/**
 * Locks the tenant and then the user until the transaction ends. Throws `invalid_credentials` when one of them ended, or the
 * password changed, while it was being proved: whatever ended the sessions then ends this one too.
 */
export async function requireUnchanged(tx: Tx, proved: passwords.PasswordOwner): Promise<void> {
  const tenant = await tenants.lockTenantShared(tx, proved.tenant_id);
  const user = await passwords.lockPasswordOwner(tx, proved.id);
  if (tenant === undefined || tenant.status === 'archived') throw sessionErrors.invalidCredentials();
  if (user === undefined || isGone(user) || user.password_hash !== proved.password_hash)
    throw sessionErrors.invalidCredentials();
}

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

function named(tenant: string): signIn.NamedTenant {
  return { slug: tenant, id: UUID.test(tenant) ? tenant : null };
}
