/** The rule of every grant: a caller gives, and takes on, only what it holds. */
import type { ActorContext } from './context.ts';
import { missingPermission } from './errors.ts';
import { type Permission, type ProjectLevel, type TenantRole, tenantRoles } from './permissions.ts';

/** Throws `forbidden` and names the first of the permissions that the caller lacks. */
export function requireHeld({ actor }: Pick<ActorContext, 'actor'>, permissions: Iterable<Permission>): void {
  for (const permission of permissions) if (!actor.permissions.has(permission)) throw missingPermission(permission);
}

export interface Powers {
  readonly roles: readonly TenantRole[];
  /** In any project. */
  readonly levels: readonly ProjectLevel[];
}

/** Throws `forbidden` when the roles or the levels hold a permission that the caller lacks. */
export function requirePowers(ctx: ActorContext, { roles, levels }: Powers): void {
  requireHeld(ctx, ctx.grants.ofRoles(roles));
  for (const level of levels) requireHeld(ctx, ctx.grants.byLevel[level]);
}

/** Tells whether the caller holds all that anybody of a tenant can: no level gives more than an admin of the tenant has. */
export function holdsEverything({ actor, grants }: ActorContext): boolean {
  return [...grants.ofRoles(tenantRoles)].every((permission) => actor.permissions.has(permission));
}
