/** The roles that a configuration gives to the people who sign in through it. */
import type { ActorContext } from '../../kernel/context.ts';
import { requireHeld } from '../../kernel/held.ts';
import { claimMappingsShape } from './mappings/schema.ts';

/** Throws `forbidden` when a mapped role holds a permission that the caller lacks: a caller gives only what it holds. */
export function requireGrantable(ctx: ActorContext, claim_mappings: Readonly<Record<string, unknown>> = {}): void {
  const { data = {} } = claimMappingsShape.shape.role_map.safeParse(claim_mappings['role_map']);
  requireHeld(ctx, ctx.grants.ofRoles(Object.values(data)));
}
