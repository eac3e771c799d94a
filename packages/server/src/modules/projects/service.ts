/** Projects: the parts of a tenant that products work in. */
import { projects, type Tx } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { paginate } from '../../kernel/cursors.ts';
import { requireMatch } from '../../kernel/etag.ts';
import { newId } from '../../kernel/ids.ts';
import { reachableProject, requireInProject, spanOf } from '../../kernel/reach.ts';
import { transact } from '../../kernel/transact.ts';
import { mayHaveProjects } from '../entitlements/service.ts';
import { recordOwnerBinding } from '../role-bindings/ending/service.ts';
import { lockOwned, lockTenantWithRoom, readableTenant } from '../tenants/service.ts';
import { holdCaller } from '../users/service.ts';
import { projectErrors } from './errors.ts';
import {
  type CreateProject,
  type ListProjects,
  type Project,
  project,
  projectEvents,
  type UpdateProject,
} from './schema.ts';

/**
 * Creates a project in a tenant that may have some now. A user who creates it owns it and is its admin. Throws
 * `bound_to_project`, `projects_not_enabled`, `project_slug_taken`, `not_found`, `tenant_frozen`, `quota_exceeded`, and
 * `unauthenticated` for a user who was deactivated meanwhile.
 */
export async function createProject(ctx: ActorContext, input: CreateProject): Promise<Project> {
  requireInProject(ctx, null);
  return transact(ctx, async (tx, record) => {
    await lockTenantWithRoom(ctx, tx, { tenant_id: input.tenant_id, quota: 'projects' });
    if (!(await mayHaveProjects(ctx, tx, input.tenant_id))) throw projectErrors.projectsNotEnabled();
    const owner_user_id = await holdCaller(ctx, tx);
    const created_at = ctx.clock();
    const row = await projects.insertProject(tx, { ...input, id: newId(ctx.clock), owner_user_id, created_at });
    if (owner_user_id !== null) {
      const binding = { id: newId(ctx.clock), tenant_id: row.tenant_id, project_id: row.id, user_id: owner_user_id };
      const bound = await projects.insertOwnerBinding(tx, { ...binding, created_at });
      await record(projectEvents.created, row);
      await recordOwnerBinding(record, bound);
    } else await record(projectEvents.created, row);
    return row;
  });
}

/** Throws `not_found`, `tenant_archived`. */
export async function getProject(ctx: ActorContext, id: string): Promise<Project> {
  const row = reachableProject(ctx, await projects.findProject(ctx.db, id));
  await readableTenant(ctx, row.tenant_id);
  return row;
}

/** One page of a tenant's projects, newest first. Throws `invalid_cursor`, `not_found`, `tenant_archived`. */
export async function listProjects(ctx: ActorContext, input: ListProjects) {
  const { tenant_id, status } = input;
  const { project_id: id } = spanOf(ctx, {});
  await readableTenant(ctx, tenant_id);
  return paginate(ctx.cursors, {
    list: 'projects',
    input,
    keyOf: (row: Project) => [row.id],
    fetch: (page) => projects.listProjects(ctx.db, { tenant_id, id, status }, page),
  });
}

/** Changes name or description. Throws `project_slug_immutable`, `project_archived`, `not_found`, `tenant_frozen`, `precondition_failed`. */
export async function updateProject(ctx: ActorContext, { id, slug, ...changes }: UpdateProject): Promise<Project> {
  if (slug !== undefined) throw projectErrors.projectSlugImmutable();
  return transact(ctx, async (tx, record, nothingChanged) => {
    const current = active(await lockWritableProject(ctx, tx, id));
    if (Object.keys(changes).length === 0) {
      nothingChanged();
      return current;
    }
    const row = await projects.updateProject(tx, id, changes);
    await record(projectEvents.updated, row);
    return row;
  });
}

/** Archives a project for good; again, it changes nothing. Throws `not_found`, `tenant_frozen`, `precondition_failed`. */
export async function archiveProject(ctx: ActorContext, id: string): Promise<Project> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const current = await lockWritableProject(ctx, tx, id);
    if (current.status === 'archived') {
      // The process that archived it may have stopped before every replica knew, so the replicas are told again.
      nothingChanged(current.tenant_id);
      return current;
    }
    const row = await projects.updateProject(tx, id, { status: 'archived' });
    await record(projectEvents.archived, row);
    return row;
  });
}

/**
 * Holds a project of the tenant against its archiving until the transaction ends: for writes that belong to it. Undefined
 * when the tenant has no such project, which writers may leave to the foreign key. Throws `project_archived`.
 */
export async function holdActiveProject(tx: Tx, tenantId: string, id: string): Promise<Project | undefined> {
  const row = await projects.lockProjectShared(tx, tenantId, id);
  return row === undefined ? undefined : active(row);
}

/**
 * The project of the tenant as it is now, for checks before work that no transaction may wait for; the write itself still
 * holds it. Undefined when the tenant has no such project. Throws `project_archived`.
 */
export async function findActiveProject(ctx: ActorContext, tenantId: string, id: string): Promise<Project | undefined> {
  const row = await projects.findProject(ctx.db, id);
  return row?.tenant_id === tenantId ? active(row) : undefined;
}

/** The project as the caller knows it, locked, in a tenant that takes writes. */
async function lockWritableProject(ctx: ActorContext, tx: Tx, id: string): Promise<Project> {
  const { findProject: find, lockProject: lock } = projects;
  const current = await lockOwned(ctx, tx, { id, find, lock, reach: reachableProject });
  requireMatch(ctx, project.parse(current));
  return current;
}

function active(row: Project): Project {
  if (row.status === 'archived') throw projectErrors.projectArchived();
  return row;
}
