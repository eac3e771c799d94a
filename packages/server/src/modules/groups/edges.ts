/** Puts members and groups into groups, and takes them out: no circle and no chain of more than 32 groups comes to be. */
import { groupEdges, groups, type Tx } from '@tenant-registry/db';
import type { ActorContext, Context } from '../../kernel/context.ts';
import { fromDatabase } from '../../kernel/errors/from-database.ts';
import { DomainError } from '../../kernel/errors.ts';
import { requireHeld } from '../../kernel/held.ts';
import { newId } from '../../kernel/ids.ts';
import { type TenantRole, tenantRoles } from '../../kernel/permissions.ts';
import { reachable } from '../../kernel/reach.ts';
import type { RecordEvent } from '../../kernel/transact.ts';
import { type Affected, lossesOf } from '../access/losses.ts';
import type { Principal } from '../access/schema.ts';
import { lockOwned, requireRoomInTenant } from '../tenants/service.ts';
import { groupErrors } from './errors.ts';
import { type Group, type GroupChild, type GroupRemoval, groupEvents } from './schema.ts';

/** The quota that an edge between groups counts for. */
export const EDGES_QUOTA = 'group_edges';

/** The group, held as it is for a change of who is in it, in a tenant that takes writes. */
export function lockGroupForMembers(ctx: ActorContext, tx: Tx, id: string): Promise<Group> {
  return lockOwned(ctx, tx, { id, find: groups.findGroup, lock: groups.lockGroupShared, reach: reachable });
}

/** The group, held as by `lockGroupForMembers`, with all edges between groups of the tenant. */
export function lockGroupForGroups(ctx: ActorContext, tx: Tx, id: string): Promise<Group> {
  const lock = afterGraph(groups.lockGroupShared);
  return lockOwned(ctx, tx, { id, find: groups.findGroup, lock, reach: reachable });
}

/** Returns the lock of a group's row, taken after that of the graph: every writer takes them in this order. */
export function afterGraph(lock: typeof groups.lockGroup): typeof groups.lockGroup {
  return async (tx, id) => {
    await groupEdges.lockGroupGraph(tx, id);
    return lock(tx, id);
  };
}

interface NewMember {
  /** Held by `lockGroupForMembers`; for a member that is a group, by `lockGroupForGroups`. */
  readonly group: Group;
  readonly principal: Principal;
}

/**
 * Puts the principal into the group, and tells whether it was not in it. Throws `principal_not_found`, `group_source_mismatch`,
 * `group_self_parent`, `group_cycle`, `group_too_deep`, `quota_exceeded`.
 */
export async function putMember(
  ctx: ActorContext,
  tx: Tx,
  { group, principal }: NewMember,
  record: RecordEvent,
): Promise<boolean> {
  const { id: group_id, tenant_id } = group;
  const member = {
    id: newId(ctx.clock),
    tenant_id,
    group_id,
    principal,
    source: 'manual',
    created_at: ctx.clock(),
  } as const;
  if (principal.type === 'group' && !(await groupEdges.findGroupMember(tx, member)))
    await requireRoomInTenant(ctx, tx, { tenant_id, quota: EDGES_QUOTA });
  const added = await naming(ctx, '/principal/id', groupEdges.insertGroupMember(tx, member));
  if (!added) return false;
  if (principal.type === 'group')
    await requireSound(tx, { parent_id: group_id, child_id: principal.id }, '/principal/id');
  await record(groupEvents.memberAdded, { ...group, member: principal });
  return true;
}

interface NewChild {
  /** Held by `lockGroupForGroups`. */
  readonly group: Group;
  readonly child_id: string;
}

/** Puts a group below another one. Throws `principal_not_found`, `group_parent_exists`, `group_self_parent`, `group_cycle`, `group_too_deep`. */
export async function putChild(
  ctx: ActorContext,
  tx: Tx,
  { group, child_id }: NewChild,
  record: RecordEvent,
): Promise<GroupChild> {
  const { id: parent_id, tenant_id } = group;
  const edge = { tenant_id, parent_id, child_id, created_at: ctx.clock() };
  await requireRoomInTenant(ctx, tx, { tenant_id, quota: EDGES_QUOTA });
  const child = await naming(ctx, '/child_id', groupEdges.insertGroupChild(tx, edge));
  await requireSound(tx, { parent_id, child_id }, '/child_id');
  await record(groupEvents.childAdded, { ...group, child_id });
  return child;
}

interface Removal {
  readonly affected: Affected;
  /** Tells whether there was anything to remove. */
  readonly work: () => Promise<boolean>;
}

/** Does the work and tells who loses which level by it. */
export async function removing(ctx: ActorContext, tx: Tx, { affected, work }: Removal): Promise<GroupRemoval> {
  const { result: removed, lost } = await lossesOf(ctx, tx, { affected, work });
  return removed ? { removed, ...lost } : { removed, losses: [], complete: true };
}

/** Whose levels a membership of the principal can touch. */
export function affectedBy(tenant_id: string, { type, id }: Principal): Affected {
  switch (type) {
    case 'user':
      return { tenant_id, users: [id] };
    case 'service_identity':
      return { tenant_id, service_identities: [id] };
    case 'group':
      return { tenant_id, groups: [id] };
    default:
      return type satisfies never;
  }
}

/** Throws when the edge, which stands already, closes a circle or makes a chain too long. The transaction then undoes it. */
async function requireSound(
  tx: Tx,
  edge: { readonly parent_id: string; readonly child_id: string },
  pointer: string,
): Promise<void> {
  const { circular, groups: length } = await groupEdges.findChain(tx, edge);
  const error = circular
    ? groupErrors.groupCycle
    : length > groupEdges.CHAIN_MAX
      ? groupErrors.groupTooDeep
      : undefined;
  if (error !== undefined) throw error({ errors: [{ pointer, message: error.definition.detail }] });
}

/** Gives the error of a violated constraint the field of this operation: several of them mean one error. */
async function naming<T>({ constraints }: Context, pointer: string, write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    const known = fromDatabase(error, constraints);
    if (known?.definition.constraint === undefined) throw error;
    const { definition, extras, message } = known;
    throw new DomainError(definition, { ...extras, errors: [{ pointer, message }] });
  }
}

/** Throws `forbidden` when the caller lacks a permission that the role holds: a caller gives only what it holds. */
export function requireRoleHeld(ctx: ActorContext, role: TenantRole | null | undefined): void {
  if (role) requireHeld(ctx, ctx.grants.byRole[role]);
}

/** Throws `forbidden` when the group, or a group above it, gives its members what the caller does not hold. */
export async function requireGivable(ctx: ActorContext, tx: Tx, groupId: string): Promise<void> {
  const { byRole, byLevel } = ctx.grants;
  // No level gives more than an admin of the tenant has.
  const all = tenantRoles.flatMap((role) => byRole[role]);
  if (all.every((permission) => ctx.actor.permissions.has(permission))) return;
  const { roles, levels } = await groupEdges.listGroupPowers(tx, groupId);
  requireHeld(
    ctx,
    roles.flatMap((role) => byRole[role]),
  );
  requireHeld(
    ctx,
    levels.flatMap((level) => [...byLevel[level]]),
  );
}
