/** The rule of every grant: a caller gives only what it holds. */
import type { ActorContext } from './context.ts';
import { missingPermission } from './errors.ts';
import type { Permission } from './permissions.ts';

/** Throws `forbidden` and names the first of the permissions that the caller lacks. */
export function requireHeld({ actor }: Pick<ActorContext, 'actor'>, permissions: Iterable<Permission>): void {
  for (const permission of permissions) if (!actor.permissions.has(permission)) throw missingPermission(permission);
}
