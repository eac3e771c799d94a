/** Resources: what runs the machines of a project. */
import { resources, type Tx } from '@tenant-registry/db';
import type { ActorContext, Context } from '../../kernel/context.ts';
import { paginate } from '../../kernel/cursors.ts';
import { requireMatch } from '../../kernel/etag.ts';
import { newId } from '../../kernel/ids.ts';
import { reachable, requireInProject, spanOf } from '../../kernel/reach.ts';
import { transact } from '../../kernel/transact.ts';
import { holdActiveProject } from '../projects/service.ts';
import { lockOwned, lockTenantWithRoom, readableTenant } from '../tenants/service.ts';
import {
  type CreateResource,
  type ListResources,
  type Resource,
  resource,
  resourceEvents,
  resourceId,
  type UpdateResource,
} from './schema.ts';

/**
 * Creates a resource in an active project. Throws `bound_to_project`, `project_not_found`, `project_archived`, `not_found`,
 * `tenant_frozen`, `quota_exceeded`.
 */
export async function createResource(ctx: ActorContext, input: CreateResource): Promise<Resource> {
  requireInProject(ctx, input.project_id);
  return transact(ctx, async (tx, record) => {
    await lockTenantWithRoom(ctx, tx, { tenant_id: input.tenant_id, quota: 'resources' });
    await holdActiveProject(tx, input.tenant_id, input.project_id);
    const row = await resources.insertResource(tx, { ...input, id: newId(ctx.clock), created_at: ctx.clock() });
    await record(resourceEvents.created, row);
    return row;
  });
}

/** Throws `not_found`, `tenant_archived`. */
export async function getResource(ctx: ActorContext, id: string): Promise<Resource> {
  const row = reachable(ctx, await resources.findResource(ctx.db, id));
  await readableTenant(ctx, row.tenant_id);
  return row;
}

/** One page of a tenant's resources, newest first. Throws `invalid_cursor`, `not_found`, `tenant_archived`. */
export async function listResources(ctx: ActorContext, input: ListResources) {
  const { tenant_id, kind } = input;
  await readableTenant(ctx, tenant_id);
  const { project_id } = spanOf(ctx, input);
  return paginate(ctx.cursors, {
    list: 'resources',
    input,
    keyOf: (row: Resource) => [row.id],
    fetch: (page) => resources.listResources(ctx.db, { tenant_id, project_id, kind }, page),
  });
}

/**
 * Changes kind, name or reference. Throws `project_archived`, `not_found`, `tenant_frozen`, `precondition_failed`.
 */
export async function updateResource(ctx: ActorContext, { id, ...changes }: UpdateResource): Promise<Resource> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const current = await lockWritable(ctx, tx, id);
    requireMatch(ctx, resource.parse(current));
    const changed = Object.entries(changes).filter(([field, value]) => value !== current[field as keyof Resource]);
    if (changed.length === 0) {
      nothingChanged();
      return current;
    }
    const row = await resources.updateResource(tx, id, Object.fromEntries(changed));
    await record(resourceEvents.updated, row);
    return row;
  });
}

/** Deletes a resource without nodes, also in an archived project. Throws `resource_in_use`, `not_found`, `tenant_frozen`. */
export async function deleteResource(ctx: ActorContext, id: string): Promise<void> {
  const { findResource: find, lockResource: lock } = resources;
  return transact(ctx, async (tx, record) => {
    const row = await lockOwned(ctx, tx, { id, find, lock, reach: reachable });
    await resources.deleteResource(tx, id);
    await record(resourceEvents.deleted, row);
  });
}

/**
 * The project of the resource that the input names, for a caller that acts by a level there; null when the caller's tenant
 * has no such resource.
 */
export async function projectOfResource(
  { actor, db }: Context,
  { id }: Readonly<Record<string, unknown>>,
): Promise<string | null> {
  const given = resourceId.shape.id.safeParse(id);
  if (!given.success || actor === null) return null;
  const row = await resources.findResource(db, given.data);
  return row?.tenant_id === actor.tenant_id ? row.project_id : null;
}

/** The resource, locked after its tenant and its project, which take writes. */
function lockWritable(ctx: ActorContext, tx: Tx, id: string): Promise<Resource> {
  const lock = async () => {
    const row = await resources.findResource(tx, id);
    if (row !== undefined) await holdActiveProject(tx, row.tenant_id, row.project_id);
    return resources.lockResource(tx, id);
  };
  return lockOwned(ctx, tx, { id, find: resources.findResource, lock, reach: reachable });
}
