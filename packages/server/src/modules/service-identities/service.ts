/** Service identities: made, found, deactivated with their keys, and deleted. */
import { acrossProjects, apiKeys, idpConfigs, levelHolders, serviceIdentities, type Tx } from '@tenant-registry/db';
import { serviceIdentityActor } from '../../kernel/actor.ts';
import type { ActorContext, Context } from '../../kernel/context.ts';
import { paginate } from '../../kernel/cursors.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { requireMatch } from '../../kernel/etag.ts';
import { requireHeld } from '../../kernel/held.ts';
import { newId } from '../../kernel/ids.ts';
import { reachable, requireInProject, spanOf } from '../../kernel/reach.ts';
import { rehearse, transact } from '../../kernel/transact.ts';
import { lossesOf } from '../access/losses.ts';
import { apiKeyEvents } from '../api-keys/schema.ts';
import { listEffectiveGroups } from '../groups/effective/service.ts';
import { leaveGroups } from '../groups/leaving/service.ts';
import { holdActiveProject } from '../projects/service.ts';
import { endRoleBindings } from '../role-bindings/ending/service.ts';
import { lockOwned, lockTenantWithRoom, readableTenant, requireRoomInTenant } from '../tenants/service.ts';
import { serviceIdentityErrors } from './errors.ts';
import {
  type CreateServiceIdentity,
  type DeactivateServiceIdentity,
  type DeleteServiceIdentity,
  type ListServiceIdentities,
  type PageOfServiceIdentity,
  type ServiceIdentity,
  type ServiceIdentityDeactivation,
  serviceIdentity,
  serviceIdentityEvents,
  type UpdateServiceIdentity,
} from './schema.ts';
import { trustDomainOf } from './spiffe.ts';

const QUOTA = 'service_identities';

/**
 * Creates a service identity. Throws `bound_to_project`, `service_identity_subject_taken`, `service_identity_issuer_invalid`,
 * `service_identity_audience_invalid`, `idp_config_not_found`, `project_not_found`, `project_archived`, `tenant_frozen`,
 * `quota_exceeded`.
 */
export async function createServiceIdentity(ctx: ActorContext, input: CreateServiceIdentity): Promise<ServiceIdentity> {
  requireInProject(ctx, input.project_id);
  const id = newId(ctx.clock);
  const subject = subjectOf(input, id);
  return transact(ctx, async (tx, record) => {
    await lockTenantWithRoom(ctx, tx, { tenant_id: input.tenant_id, quota: QUOTA });
    if (input.project_id !== undefined) await holdActiveProject(tx, input.tenant_id, input.project_id);
    await requireOidc(tx, input);
    const row = await serviceIdentities.insertServiceIdentity(tx, { ...input, id, subject, created_at: ctx.clock() });
    await record(serviceIdentityEvents.created, row);
    return row;
  });
}

/** Throws `not_found`, `tenant_archived`. */
export async function getServiceIdentity(ctx: ActorContext, id: string): Promise<ServiceIdentity> {
  const row = reachable(ctx, await serviceIdentities.findServiceIdentity(ctx.db, id));
  await readableTenant(ctx, row.tenant_id);
  return row;
}

/** One page of the groups that the service identity is in, itself and through others. Throws `invalid_cursor`, `not_found`, `tenant_archived`. */
export async function listServiceIdentityGroups(ctx: ActorContext, input: PageOfServiceIdentity) {
  const { id, tenant_id } = await getServiceIdentity(ctx, input.id);
  return listEffectiveGroups(ctx, { tenant_id, user_id: null, service_identity_id: id }, input);
}

/** One page of a tenant's service identities, newest first, the deactivated ones too. Throws `not_found`, `tenant_archived`. */
export async function listServiceIdentities(ctx: ActorContext, input: ListServiceIdentities) {
  const { tenant_id } = input;
  await readableTenant(ctx, tenant_id);
  const { project_id } = spanOf(ctx, input);
  return paginate(ctx.cursors, {
    list: 'service_identities',
    input,
    keyOf: (row: ServiceIdentity) => [row.id],
    fetch: (page) => serviceIdentities.listServiceIdentities(ctx.db, { tenant_id, project_id }, page),
  });
}

/** Changes name or audience. Throws `forbidden` for another audience of one that may do more than the caller, `service_identity_audience_invalid`, `not_found`, `tenant_frozen`, `precondition_failed`. */
export async function updateServiceIdentity(
  ctx: ActorContext,
  { id, ...changes }: UpdateServiceIdentity,
): Promise<ServiceIdentity> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const current = await lockWritable(ctx, tx, { id });
    requireMatch(ctx, serviceIdentity.parse(current));
    const { display_name = current.display_name, audience = current.audience } = changes;
    if (display_name === current.display_name && audience === current.audience) {
      nothingChanged(current.tenant_id);
      return current;
    }
    if (audience !== current.audience) await requireOutranking(ctx, tx, current);
    const row = await serviceIdentities.updateServiceIdentity(tx, id, { display_name, audience });
    await record(serviceIdentityEvents.updated, row);
    return row;
  });
}

/**
 * Deactivates a service identity and revokes its keys: from the answer on no token and no key of it is accepted. Again, it
 * changes nothing and tells the replicas again. Works in a frozen and an archived tenant too, because taking access away
 * must always be possible. A dry run answers as the deactivation would, and changes nothing. Throws `not_found`.
 */
export async function deactivateServiceIdentity(
  ctx: ActorContext,
  { id, dry_run }: DeactivateServiceIdentity,
): Promise<ServiceIdentityDeactivation> {
  return (dry_run ? rehearse : transact)(ctx, async (tx, record, nothingChanged) => {
    const current = await lockWritable(ctx, tx, { id, whateverStatus: true });
    const { tenant_id, disabled_at } = current;
    const isNew = disabled_at === null;
    const { result: row, lost } = await lossesOf(ctx, tx, {
      affected: { tenant_id, service_identities: [id] },
      work: async () =>
        isNew ? await serviceIdentities.updateServiceIdentity(tx, id, { disabled_at: ctx.clock() }) : current,
    });
    const revoked = await revokeKeys(tx, current, ctx.clock());
    for (const key of revoked) await record(apiKeyEvents.revoked, key);
    const ended = { api_keys_revoked: revoked.length };
    if (isNew) await record(serviceIdentityEvents.deactivated, { ...row, ...ended });
    // The process that deactivated it may have ended before every replica knew, so the replicas are told again.
    else nothingChanged(tenant_id);
    return { service_identity: row, dry_run, ...ended, ...lost };
  });
}

/** Lets it act again; its revoked keys stay revoked. Again, it changes nothing. Throws `forbidden` for one that may do more than the caller, `not_found`, `tenant_frozen`, `quota_exceeded`. */
export async function activateServiceIdentity(ctx: ActorContext, id: string): Promise<ServiceIdentity> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const current = await lockWritable(ctx, tx, { id, alone: true });
    requireMatch(ctx, serviceIdentity.parse(current));
    if (current.disabled_at === null) {
      nothingChanged(current.tenant_id);
      return current;
    }
    await requireOutranking(ctx, tx, current);
    await requireRoomInTenant(ctx, tx, { tenant_id: current.tenant_id, quota: QUOTA });
    const row = await serviceIdentities.updateServiceIdentity(tx, id, { disabled_at: null });
    await record(serviceIdentityEvents.activated, row);
    return row;
  });
}

/**
 * Deletes a service identity, with `cascade` also its keys, memberships and roles in projects. Throws
 * `service_identity_has_holdings`, `not_found`, `tenant_frozen`.
 */
export async function deleteServiceIdentity(ctx: ActorContext, { id, cascade }: DeleteServiceIdentity): Promise<void> {
  return transact(ctx, async (tx, record) => {
    const current = await lockWritable(ctx, tx, { id, alone: true });
    const holdings = await serviceIdentities.findServiceIdentityHoldings(tx, current);
    if (!cascade && Object.values(holdings).some((count) => count > 0))
      throw serviceIdentityErrors.hasHoldings({ members: { holdings } });
    for (const key of await revokeKeys(tx, current, ctx.clock())) await record(apiKeyEvents.revoked, key);
    const ending = { tenant_id: current.tenant_id, principals: [{ type: 'service_identity', id }] } as const;
    const end = async () => {
      await leaveGroups({ tx, record }, ending);
      await endRoleBindings({ tx, record }, ending);
    };
    await (ctx.actor.project_id === null ? end() : acrossProjects(tx, end));
    await serviceIdentities.deleteServiceIdentity(tx, id);
    await record(serviceIdentityEvents.deleted, current);
  });
}

/** Returns the project of the service identity that the input names, for callers whose level there decides. */
export async function projectOfServiceIdentity(
  ctx: Context,
  { id }: Readonly<Record<string, unknown>>,
): Promise<string | null> {
  const given = serviceIdentity.shape.id.safeParse(id);
  if (!given.success || ctx.actor === null) return null;
  const row = await serviceIdentities.findServiceIdentity(ctx.db, given.data);
  return row?.tenant_id === ctx.actor.tenant_id ? row.project_id : null;
}

/**
 * The service identity of the tenant that a key is made for, as it is now: for checks before work that no transaction may
 * wait for. Undefined when there is none that the caller may know of. Throws `service_identity_disabled`.
 */
export async function findKeyOwner(ctx: ActorContext, tenantId: string, id: string) {
  return usable(ctx, tenantId, await serviceIdentities.findServiceIdentity(ctx.db, id));
}

/**
 * Holds the service identity that a key is made for until the transaction ends: its deactivation waits, and then finds the
 * key. Undefined when there is none that the caller may know of. Throws `service_identity_disabled`.
 */
export async function holdKeyOwner(ctx: ActorContext, tx: Tx, tenantId: string, id: string) {
  return usable(ctx, tenantId, await serviceIdentities.lockServiceIdentityShared(tx, id));
}

function usable({ actor }: ActorContext, tenantId: string, row: ServiceIdentity | undefined) {
  if (row?.tenant_id !== tenantId) return undefined;
  if (actor.project_id !== null && row.project_id !== actor.project_id) return undefined;
  if (row.disabled_at !== null) throw serviceIdentityErrors.disabled();
  return row;
}

/** Returns the subject: as given and fit for the kind, or made by the registry. Throws `invalid_input`. */
function subjectOf({ federation_kind: kind, subject }: CreateServiceIdentity, id: string): string {
  if (kind === 'api_token') {
    if (subject === undefined) return `api_token:${id}`;
    throw wrongSubject('is made by the registry for an api_token');
  }
  if (subject === undefined) throw wrongSubject('is missing: the tokens of the program name it');
  if (kind === 'spiffe_svid' && trustDomainOf(subject) === undefined)
    throw wrongSubject('must be a SPIFFE ID: spiffe://trust-domain/path');
  return subject;
}

function wrongSubject(message: string) {
  return kernelErrors.invalidInput({ errors: [{ pointer: '/subject', message }] });
}

/** Throws `service_identity_issuer_invalid` for a configuration whose provider makes no tokens; the database knows the rest. */
async function requireOidc(tx: Tx, { tenant_id, idp_config_id }: CreateServiceIdentity): Promise<void> {
  if (idp_config_id === undefined) return;
  const config = await idpConfigs.findIdpConfig(tx, idp_config_id);
  if (config?.tenant_id === tenant_id && config.kind !== 'oidc') throw serviceIdentityErrors.issuerInvalid();
}

/** Throws `forbidden` when the service identity may do something anywhere that the caller may not. */
async function requireOutranking(ctx: ActorContext, tx: Tx, row: ServiceIdentity): Promise<void> {
  const { id, tenant_id, project_id, display_name } = row;
  const holders = [{ type: 'service_identity' as const, id }];
  const [standing] = await levelHolders.listHolderStandings(tx, holders);
  const bound = await levelHolders.listBoundLevels(tx, holders, project_id === null ? {} : { project_id });
  const known = { service_identity_id: id, tenant_id, project_id, display_name, roles: standing?.roles ?? [] };
  requireHeld(ctx, serviceIdentityActor(ctx.grants, known).permissions);
  for (const { level } of bound) requireHeld(ctx, ctx.grants.byLevel[level]);
}

function revokeKeys(tx: Tx, { id, tenant_id }: ServiceIdentity, now: Date) {
  return apiKeys.claimOwnedRevocations(tx, { tenant_id, service_identity_id: id }, now);
}

interface Locking {
  readonly id: string;
  readonly alone?: boolean;
  readonly whateverStatus?: boolean;
}

/** The service identity, locked, in a tenant that takes writes unless told otherwise. */
function lockWritable(ctx: ActorContext, tx: Tx, how: Locking): Promise<ServiceIdentity> {
  const { findServiceIdentity: find, lockServiceIdentity: lock } = serviceIdentities;
  return lockOwned(ctx, tx, { ...how, find, lock, reach: reachable });
}
