/** What a configuration gives to whoever signs in through it. */
import type { ActorContext } from '../../kernel/context.ts';
import { missingPermission } from '../../kernel/errors.ts';
import { claimMappingsShape } from './mappings/schema.ts';

/** Throws `forbidden` when a mapped role holds something that the caller lacks: nobody gives what they do not have. */
export function requireGrantable(
  { actor, grants }: ActorContext,
  claim_mappings: Readonly<Record<string, unknown>> = {},
): void {
  const { data = {} } = claimMappingsShape.shape.role_map.safeParse(claim_mappings['role_map']);
  const missing = [...grants.ofRoles(Object.values(data))].find((permission) => !actor.permissions.has(permission));
  if (missing !== undefined) throw missingPermission(missing);
}
