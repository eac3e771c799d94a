/** Role bindings: levels in a project, given, listed and taken away. */
import { levelHolders, projects, roleBindings, type Tx } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { paginate } from '../../kernel/cursors.ts';
import { requireMatchOrAbsence } from '../../kernel/etag.ts';
import { requireHeld } from '../../kernel/held.ts';
import { newId } from '../../kernel/ids.ts';
import { reachableProject } from '../../kernel/reach.ts';
import { rehearse, transact } from '../../kernel/transact.ts';
import { type Affected, lossesOf } from '../access/losses.ts';
import { holdActiveProject } from '../projects/service.ts';
import { lockWritableTenant, readableTenant } from '../tenants/service.ts';
import { shown } from './ending/service.ts';
import { roleBindingErrors } from './errors.ts';
import {
  type ListRoleBindings,
  type RemovedRoleBinding,
  type RemoveRoleBinding,
  type RoleBinding,
  roleBindingEvents,
  type SetRoleBinding,
} from './schema.ts';

type Principal = roleBindings.BoundPrincipal;

/**
 * Gives the principal the level in the project, in place of another one; the level that it has already changes nothing.
 * Throws `forbidden` for a permission of the level that the caller lacks, `principal_not_found`, `project_archived`,
 * `not_found`, `tenant_frozen`, `precondition_failed`.
 */
export async function setRoleBinding(ctx: ActorContext, input: SetRoleBinding): Promise<RoleBinding> {
  const { id: project_id, principal, level } = input;
  requireHeld(ctx, ctx.grants.byLevel[level]);
  return transact(ctx, async (tx, record, nothingChanged) => {
    const { tenant_id } = await lockWritableProject(ctx, tx, project_id);
    await requireInReach(ctx, tx, principal);
    const key = { project_id, principal };
    const current = await roleBindings.lockRoleBinding(tx, key);
    requireMatchOrAbsence(ctx, current && shown(current));
    const made = { ...key, id: newId(ctx.clock), tenant_id, level, created_at: ctx.clock() };
    const row = current?.level === level ? undefined : await roleBindings.insertOrUpdateRoleBinding(tx, made);
    if (row !== undefined) {
      await record(roleBindingEvents.set, shown(row));
      return shown(row);
    }
    // The process that set it may have ended before every replica knew, so the replicas are told again.
    nothingChanged(tenant_id);
    const equal = current ?? (await roleBindings.lockRoleBinding(tx, key));
    if (equal === undefined) throw new Error('a binding that has the level already is there');
    return shown(equal);
  });
}

/** One page of a project's role bindings, newest first. Throws `invalid_cursor`, `not_found`, `tenant_archived`. */
export async function listRoleBindings(ctx: ActorContext, input: ListRoleBindings) {
  const { id: project_id, principal_type: type, principal_id: id } = input;
  const { tenant_id } = reachableProject(ctx, await projects.findProject(ctx.db, project_id));
  await readableTenant(ctx, tenant_id);
  const principal = type === undefined || id === undefined ? undefined : { type, id };
  return paginate(ctx.cursors, {
    list: 'role_bindings',
    input,
    keyOf: (binding: RoleBinding) => [binding.id],
    fetch: async (page) => (await roleBindings.listRoleBindings(ctx.db, { project_id, principal }, page)).map(shown),
  });
}

/**
 * Takes the level away, and tells who loses what by it; with `dry_run` it tells that alone. Where there is no such binding
 * nothing changes. Throws `project_archived`, `not_found`, `tenant_frozen`.
 */
export async function removeRoleBinding(ctx: ActorContext, input: RemoveRoleBinding): Promise<RemovedRoleBinding> {
  const { id: project_id, principal_type: type, principal_id, dry_run } = input;
  const key = { project_id, principal: { type, id: principal_id } };
  return (dry_run ? rehearse : transact)(ctx, async (tx, record, nothingChanged) => {
    const { tenant_id } = await lockWritableProject(ctx, tx, project_id);
    const current = await roleBindings.lockRoleBinding(tx, key);
    if (current === undefined) {
      nothingChanged(tenant_id);
      return { removed: false, losses: [], complete: true };
    }
    const affected = affectedBy(tenant_id, key);
    const { lost } = await lossesOf(ctx, tx, { affected, work: () => roleBindings.deleteRoleBinding(tx, key) });
    await record(roleBindingEvents.removed, shown(current));
    return { removed: true, ...lost };
  });
}

function affectedBy(tenant_id: string, { project_id, principal: { type, id } }: roleBindings.RoleBindingKey): Affected {
  switch (type) {
    case 'user':
      return { tenant_id, project_id, users: [id] };
    case 'service_identity':
      return { tenant_id, project_id, service_identities: [id] };
    case 'group':
      return { tenant_id, project_id, groups: [id] };
    default:
      return type satisfies never;
  }
}

/** The project, held against its archiving, in a tenant that takes writes. */
async function lockWritableProject(ctx: ActorContext, tx: Tx, id: string): Promise<{ readonly tenant_id: string }> {
  const { tenant_id } = reachableProject(ctx, await projects.findProject(tx, id));
  await lockWritableTenant(ctx, tx, tenant_id);
  await holdActiveProject(tx, tenant_id, id);
  return { tenant_id };
}

/**
 * The foreign keys know the tenant alone: a caller that is bound to a project must not learn either that a service identity
 * of another project is there.
 */
async function requireInReach({ actor }: ActorContext, tx: Tx, { type, id }: Principal): Promise<void> {
  if (actor.project_id === null || type !== 'service_identity') return;
  const [found] = await levelHolders.listHolderStandings(tx, [{ type, id }]);
  if (found?.project_id !== actor.project_id) throw roleBindingErrors.principalNotFound();
}
