/**
 * Decides what an actor may know of: the application's half of tenant isolation. The database decides once more by itself
 * (row-level security), so a forgotten check in one half shows nothing.
 */
import type { ActorContext } from './context.ts';
import { kernelErrors } from './errors.ts';
import { noteTenant } from './request-facts.ts';

/** Something that belongs to a tenant and maybe to a project of it. */
interface Owned {
  readonly tenant_id: string | null;
  readonly project_id?: string | null;
}

/** Returns the thing. Throws `not_found` both when there is none and when it is beyond the actor's tenant or project. */
export function reachable<T extends Owned>(ctx: ActorContext, thing: T | undefined): T {
  const { actor } = ctx;
  if (thing === undefined) throw kernelErrors.notFound();
  if (actor.tenant_id !== null && thing.tenant_id !== actor.tenant_id) throw kernelErrors.notFound();
  if (actor.project_id !== null && thing.project_id !== actor.project_id) throw kernelErrors.notFound();
  noteTenant(ctx, thing.tenant_id);
  return thing;
}

/** Returns the tenant, or throws `not_found`. An actor of a tenant reaches that tenant, also when bound to a project of it. */
export function reachableTenant<T extends { readonly id: string }>(ctx: ActorContext, tenant: T | undefined): T {
  const { actor } = ctx;
  if (tenant === undefined) throw kernelErrors.notFound();
  if (actor.tenant_id !== null && tenant.id !== actor.tenant_id) throw kernelErrors.notFound();
  noteTenant(ctx, tenant.id);
  return tenant;
}

/** Returns the project, or throws `not_found`. An actor that is bound to a project reaches that project alone. */
export function reachableProject<T extends { readonly id: string; readonly tenant_id: string }>(
  ctx: ActorContext,
  project: T | undefined,
): T {
  if (project === undefined) throw kernelErrors.notFound();
  reachable(ctx, { tenant_id: project.tenant_id, project_id: project.id });
  return project;
}

interface Span {
  readonly tenant_id: string | undefined;
  readonly project_id: string | undefined;
}

/** Returns the tenant and project that limit a list: the requested ones, or the actor's own. Throws `not_found` for others. */
export function spanOf({ actor }: ActorContext, asked: { readonly [Field in keyof Span]?: Span[Field] }): Span {
  return {
    tenant_id: limited(actor.tenant_id, asked.tenant_id),
    project_id: limited(actor.project_id, asked.project_id),
  };
}

function limited(own: string | null, asked: string | undefined): string | undefined {
  if (own === null) return asked;
  if (asked !== undefined && asked !== own) throw kernelErrors.notFound();
  return own;
}

/** Throws `bound_to_project` when the actor is bound to a project and makes something outside of it. */
export function requireInProject({ actor }: ActorContext, projectId: string | null | undefined): void {
  if (actor.project_id !== null && projectId !== actor.project_id) throw kernelErrors.boundToProject();
}
