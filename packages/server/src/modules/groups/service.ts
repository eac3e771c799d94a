/** Groups: who belongs together in a tenant, directly and through other groups. */
import { acrossProjects, databases, groupEdges, groups } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { paginate } from '../../kernel/cursors.ts';
import { requireMatch } from '../../kernel/etag.ts';
import { newId } from '../../kernel/ids.ts';
import { reachable, requireInProject } from '../../kernel/reach.ts';
import { rehearse, transact } from '../../kernel/transact.ts';
import { lossesOf } from '../access/losses.ts';
import { endRoleBindings } from '../role-bindings/ending/service.ts';
import { lockOwned, lockTenantWithRoom, readableTenant } from '../tenants/service.ts';
import {
  affectedBy,
  afterGraph,
  lockGroupForGroups,
  lockGroupForMembers,
  putChild,
  putMember,
  removing,
  requireGivable,
  requireRoleHeld,
} from './edges.ts';
import { groupErrors } from './errors.ts';
import { leaveGroups } from './leaving/service.ts';
import {
  type AddGroupChild,
  type AddGroupMember,
  type CreateGroup,
  type DeleteGroup,
  type Group,
  type GroupChild,
  type GroupMemberAdded,
  type GroupRemoval,
  group,
  groupEvents,
  type ListGroupChildren,
  type ListGroupMembers,
  type ListGroups,
  type RemoveGroupChild,
  type RemoveGroupMember,
  type UpdateGroup,
} from './schema.ts';

/**
 * Creates a group. Throws `forbidden` for a role that may do what the caller may not, `group_slug_taken`, `group_claim_taken`,
 * `group_source_invalid`, `idp_config_not_found`, `quota_exceeded`, `tenant_frozen`.
 */
export async function createGroup(ctx: ActorContext, input: CreateGroup): Promise<Group> {
  requireInProject(ctx, null);
  requireRoleHeld(ctx, input.tenant_role);
  return transact(ctx, async (tx, record) => {
    const { tenant_id, idp_config_id } = input;
    await lockTenantWithRoom(ctx, tx, { tenant_id, quota: 'groups' });
    // One that is not there is left to the foreign key.
    const config = idp_config_id ? await groups.lockMirroredConfig(tx, tenant_id, idp_config_id) : undefined;
    if (config !== undefined && (config.kind !== 'oidc' || config.status === 'deactivated'))
      throw groupErrors.groupSourceInvalid({ errors: [{ pointer: '/idp_config_id', message: NO_CLAIMS }] });
    const row = await groups.insertGroup(tx, { ...input, id: newId(ctx.clock), created_at: ctx.clock() });
    await record(groupEvents.created, row);
    return row;
  });
}

const NO_CLAIMS = 'must be an OIDC configuration that is not deactivated';

/** One page of a tenant's groups, newest first. Throws `invalid_cursor`, `not_found`, `tenant_archived`. */
export async function listGroups(ctx: ActorContext, input: ListGroups) {
  const { tenant_id, source } = input;
  reachable(ctx, { tenant_id });
  await readableTenant(ctx, tenant_id);
  return paginate(ctx.cursors, {
    list: 'groups',
    input,
    keyOf: (row: Group) => [row.id],
    fetch: (page) => groups.listGroups(ctx.db, { tenant_id, source }, page),
  });
}

/** Throws `not_found`, `tenant_archived`. */
export async function getGroup(ctx: ActorContext, id: string): Promise<Group> {
  const row = reachable(ctx, await groups.findGroup(ctx.db, id));
  await readableTenant(ctx, row.tenant_id);
  return row;
}

/**
 * Changes slug, name or role. Throws `group_source_immutable`, `group_slug_taken`, `forbidden` for a role that may do what the
 * caller may not, `not_found`, `tenant_frozen`, `precondition_failed`.
 */
export async function updateGroup(ctx: ActorContext, { id, ...input }: UpdateGroup): Promise<Group> {
  const { source, idp_config_id, idp_claim_value, ...changes } = input;
  const [fixed] =
    Object.entries({ source, idp_config_id, idp_claim_value }).find(([, sent]) => sent !== undefined) ?? [];
  if (fixed !== undefined) {
    const message = groupErrors.groupSourceImmutable.definition.detail;
    throw groupErrors.groupSourceImmutable({ errors: [{ pointer: `/${fixed}`, message }] });
  }
  return transact(ctx, async (tx, record, nothingChanged) => {
    const { findGroup: find, lockGroup: lock } = groups;
    const current = await lockOwned(ctx, tx, { id, find, lock, reach: reachable });
    requireMatch(ctx, group.parse(current));
    if (changes.tenant_role !== current.tenant_role) requireRoleHeld(ctx, changes.tenant_role);
    if (Object.keys(changes).length === 0) {
      nothingChanged();
      return current;
    }
    const row = await groups.updateGroup(tx, id, changes);
    await record(groupEvents.updated, row);
    return row;
  });
}

/**
 * Deletes a group with its memberships, its edges and its role bindings, and tells who loses what by it; with `dry_run` it tells
 * that alone. Throws `group_has_databases` while it owns a database, `not_found`, `tenant_frozen`.
 */
export async function deleteGroup(ctx: ActorContext, { id, dry_run }: DeleteGroup): Promise<GroupRemoval> {
  return (dry_run ? rehearse : transact)(ctx, async (tx, record) => {
    const { findGroup: find } = groups;
    // Two groups that are deleted at once could each wait for an edge that the other one deletes.
    const current = await lockOwned(ctx, tx, { id, find, lock: afterGraph(groups.lockGroup), reach: reachable });
    // A database that is being ordered for the group waits for the lock on it, and then finds no such team.
    const owned = await acrossProjects(tx, () => databases.findDatabasesOfGroup(tx, id));
    if (owned > 0) throw groupErrors.groupHasDatabases({ members: { holdings: { databases: owned } } });
    const { tenant_id } = current;
    const principals = [{ type: 'group', id }] as const;
    const work = async () => {
      await leaveGroups({ tx, record }, { tenant_id, principals });
      await endRoleBindings({ tx, record }, { tenant_id, principals });
      await groups.deleteGroup(tx, id);
    };
    const { lost } = await lossesOf(ctx, tx, { affected: { tenant_id, groups: [id] }, work });
    await record(groupEvents.deleted, current);
    return { removed: true, ...lost };
  });
}

/**
 * Puts a user, service identity or group into a group; again, it changes nothing. Throws `principal_not_found`, `forbidden`
 * when the group gives what the caller does not hold, `group_source_mismatch`, `group_provisioned`, `group_self_parent`,
 * `group_cycle`, `group_too_deep`, `not_found`, `tenant_frozen`.
 */
export async function addGroupMember(ctx: ActorContext, { id, principal }: AddGroupMember): Promise<GroupMemberAdded> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const lock = principal.type === 'group' ? lockGroupForGroups : lockGroupForMembers;
    const current = await lock(ctx, tx, id);
    if (current.provisioned_by === 'scim') throw groupErrors.groupProvisioned();
    await requireGivable(ctx, tx, id);
    const added = await putMember(ctx, tx, { group: current, principal }, record);
    if (!added) nothingChanged();
    return { added };
  });
}

/** One page of who is in a group, newest first. Throws `invalid_cursor`, `not_found`, `tenant_archived`. */
export async function listGroupMembers(ctx: ActorContext, input: ListGroupMembers) {
  const { id: group_id, tenant_id } = await getGroup(ctx, input.id);
  return paginate(ctx.cursors, {
    list: 'group_members',
    input,
    keyOf: ({ key }: groupEdges.GroupMember) => [key],
    fetch: (page) =>
      input.effective
        ? groupEdges.listEffectiveMembers(ctx.db, group_id, page)
        : groupEdges.listGroupMembers(ctx.db, { tenant_id, group_id }, page),
  });
}

/**
 * Takes a user, service identity or group out of a group, and tells who loses what by it; with `dry_run` it tells that alone.
 * Again, it changes nothing. Throws `group_source_mismatch`, `group_provisioned`, `not_found`, `tenant_frozen`.
 */
export async function removeGroupMember(ctx: ActorContext, input: RemoveGroupMember): Promise<GroupRemoval> {
  const { id: group_id, principal_type: type, principal_id, dry_run } = input;
  return (dry_run ? rehearse : transact)(ctx, async (tx, record, nothingChanged) => {
    const current = await lockGroupForMembers(ctx, tx, group_id);
    if (current.source !== 'manual') throw groupErrors.groupSourceMismatch();
    if (current.provisioned_by === 'scim') throw groupErrors.groupProvisioned();
    const { tenant_id } = current;
    const principal = { type, id: principal_id };
    const removal = await removing(ctx, tx, {
      affected: affectedBy(tenant_id, principal),
      work: () => groupEdges.deleteGroupMember(tx, { tenant_id, group_id, principal }),
    });
    if (removal.removed) await record(groupEvents.memberRemoved, { ...current, member: principal });
    // The process that took the member out may have ended before every replica knew, so the replicas are told again.
    else nothingChanged(tenant_id);
    return removal;
  });
}

/**
 * Puts a group below another one. Throws `principal_not_found`, `forbidden` when the parent gives what the caller does not
 * hold, `group_parent_exists`, `group_self_parent`, `group_cycle`, `group_too_deep`, `not_found`, `tenant_frozen`.
 */
export async function addGroupChild(ctx: ActorContext, { id, child_id }: AddGroupChild): Promise<GroupChild> {
  return transact(ctx, async (tx, record) => {
    const parent = await lockGroupForGroups(ctx, tx, id);
    await requireGivable(ctx, tx, id);
    return putChild(ctx, tx, { group: parent, child_id }, record);
  });
}

/** One page of the groups below a group, newest first. Throws `invalid_cursor`, `not_found`, `tenant_archived`. */
export async function listGroupChildren(ctx: ActorContext, input: ListGroupChildren) {
  const { id: parent_id, tenant_id } = await getGroup(ctx, input.id);
  return paginate(ctx.cursors, {
    list: 'group_children',
    input,
    keyOf: (row: Group) => [row.id],
    fetch: (page) => groupEdges.listGroupChildren(ctx.db, { tenant_id, parent_id }, page),
  });
}

/**
 * Takes a group from below another one, and tells who loses what by it; with `dry_run` it tells that alone. Again, it changes
 * nothing. Throws `not_found`, `tenant_frozen`.
 */
export async function removeGroupChild(ctx: ActorContext, input: RemoveGroupChild): Promise<GroupRemoval> {
  const { id: parent_id, child_id, dry_run } = input;
  return (dry_run ? rehearse : transact)(ctx, async (tx, record, nothingChanged) => {
    const parent = await lockGroupForMembers(ctx, tx, parent_id);
    const { tenant_id } = parent;
    const removal = await removing(ctx, tx, {
      affected: { tenant_id, groups: [child_id] },
      work: () => groupEdges.deleteGroupChild(tx, { tenant_id, parent_id, child_id }),
    });
    if (removal.removed) await record(groupEvents.childRemoved, { ...parent, child_id });
    // As for members, the replicas are told again.
    else nothingChanged(tenant_id);
    return removal;
  });
}
