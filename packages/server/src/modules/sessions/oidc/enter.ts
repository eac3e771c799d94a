/** Makes a proved person a user of the tenant, as the tenant's configuration says, and starts a session: in one transaction. */
import { groupMirror, idpConfigs, signInUsers, type Tx } from '@tenant-registry/db';
import { personActor } from '../../../kernel/actor.ts';
import type { ActorContext, Context } from '../../../kernel/context.ts';
import { violates } from '../../../kernel/errors/from-database.ts';
import { DomainError } from '../../../kernel/errors.ts';
import { newId } from '../../../kernel/ids.ts';
import { type RecordEvent, transact } from '../../../kernel/transact.ts';
import { lockWritableTenant, lockWritableTenantAlone, requireRoomInTenant } from '../../tenants/service.ts';
import { type StartedSession, startSession } from '../start.ts';
import type { ProvedPerson } from './claims.ts';
import { SignInRefusal } from './refusal.ts';
import { signInEvents } from './schema.ts';
import { standingOf } from './standing.ts';

type Config = idpConfigs.IdpConfigRow;

export interface Entering {
  /** As it was when the provider was asked. */
  readonly config: Config;
  readonly person: ProvedPerson;
}

/** Resolves with the new session. Rejects with `SignInRefusal`, and then nothing has changed. */
export async function enter(ctx: Context, entering: Entering): Promise<StartedSession> {
  const asPerson = contextOf(ctx, entering);
  try {
    return await transact(asPerson, (tx, record) => enterWithin(asPerson, { tx, record, ...entering }));
  } catch (error) {
    if (violates(error, 'users_tenant_id_email_key')) throw new SignInRefusal('account_exists', 'email');
    const code = error instanceof DomainError ? error.definition.code : '';
    if (code === 'tenant_frozen') throw new SignInRefusal('tenant_frozen', code);
    if (['tenant_archived', 'quota_exceeded', 'not_found'].includes(code))
      throw new SignInRefusal('sign_in_refused', code);
    throw error;
  }
}

/** The person acts, on a handle that sees all: tenants make no users by sign-in and no sessions. */
function contextOf(ctx: Context, { config: { tenant_id }, person }: Entering): ActorContext {
  const { external_subject, display_name: name } = person;
  const bar = external_subject.indexOf('|');
  const [issuer, subject] = [external_subject.slice(0, bar), external_subject.slice(bar + 1)];
  const actor = personActor(ctx.grants, { issuer, subject, name, tenant_id, platform_roles: [], tenant_roles: [] });
  return { ...ctx, db: ctx.root, actor };
}

interface Within extends Entering {
  readonly tx: Tx;
  readonly record: RecordEvent;
}

async function enterWithin(ctx: ActorContext, within: Within): Promise<StartedSession> {
  const { tx, person, config } = within;
  const { tenant_id } = config;
  const subject = { tenant_id, external_subject: person.external_subject };
  // A known user waits for no other sign-in; a new user is counted, so the tenant is held alone.
  const isKnown = (await signInUsers.findUserOfSubject(tx, subject)) !== undefined;
  await (isKnown ? lockWritableTenant : lockWritableTenantAlone)(ctx, tx, tenant_id);
  await requireUnchanged(tx, config);
  const user = await lockUser(ctx, within);
  await syncRoles(user, within);
  await syncGroups(ctx, user, within);
  return startSession(ctx, within, { tenant_id, user_id: user.id, idp_config_id: config.id });
}

/** A configuration that changes or ends meanwhile waits for the sign-in, and ends its session then. */
async function requireUnchanged(tx: Tx, { id, version }: Config): Promise<void> {
  const current = await idpConfigs.lockIdpConfigShared(tx, id);
  if (current?.status !== 'active' || current.version !== version)
    throw new SignInRefusal('sign_in_refused', 'configuration');
}

/** Returns the user of the subject, held until the end; a subject without a user is linked to one, or gets one. */
async function lockUser(ctx: ActorContext, within: Within): Promise<signInUsers.SignInUser> {
  const { tx, record, config, person } = within;
  const { tenant_id, jit_policy } = config;
  const { external_subject, display_name, scim: name } = person;
  const lock = () => signInUsers.lockUserOfSubject(tx, { tenant_id, external_subject });
  const known = await lock();
  const unlinked =
    known === undefined && name !== null ? await signInUsers.listUnlinkedUsers(tx, { tenant_id, name }) : [];
  const standing = standingOf({ known, unlinked, jit_policy });
  if (standing.kind === 'known') return standing.user;
  if (standing.kind === 'link') {
    const { id } = standing.user;
    if (await signInUsers.updateUserSubject(tx, id, external_subject))
      await record(signInEvents.linked, { ...standing.user, idp_config_id: config.id });
  } else {
    await requireRoomInTenant(ctx, tx, { tenant_id, quota: 'users' });
    const id = newId(ctx.clock);
    const { email, roles } = person;
    const made = { id, tenant_id, external_subject, email, display_name, roles: roles ?? ['member' as const] };
    if (await signInUsers.insertUserOfSubject(tx, { ...made, created_at: ctx.clock() }))
      await record(signInEvents.provisioned, { ...made, idp_config_id: config.id });
  }
  const now = standingOf({ known: await lock(), unlinked: [], jit_policy: 'deny' });
  if (now.kind !== 'known') throw new Error('a sign-in makes no user twice');
  return now.user;
}

async function syncRoles(
  user: signInUsers.SignInUser,
  { tx, record, config, person: { roles } }: Within,
): Promise<void> {
  if (roles === null || isSame(roles, user.roles)) return;
  await signInUsers.updateUserRoles(tx, user.id, roles);
  await record(signInEvents.rolesSynced, { ...user, roles: [...roles], idp_config_id: config.id });
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each) => other.includes(each));
}

/** Makes the memberships in the groups of the configuration equal to the claim, unless the provider withheld it. */
async function syncGroups(ctx: ActorContext, user: signInUsers.SignInUser, within: Within): Promise<void> {
  const { tx, record, config, person } = within;
  if (person.groups === null) return;
  const { tenant_id, id: idp_config_id } = config;
  const claimed = { tenant_id, idp_config_id, values: person.groups };
  const keep = await groupMirror.lockMirroredGroups(tx, claimed);
  const memberships = keep.map((group_id) => ({ id: newId(ctx.clock), group_id }));
  const joining = { tenant_id, user_id: user.id, created_at: ctx.clock(), memberships };
  const added = await groupMirror.insertMirroredMemberships(tx, joining);
  const removed = await groupMirror.deleteMirroredMemberships(tx, { ...claimed, user_id: user.id, keep });
  if (added.length + removed.length > 0)
    await record(signInEvents.groupsSynced, { ...user, idp_config_id, added, removed });
}
