/**
 * What a configuration gives: roles to whoever signs in through it, and the word on who its people and programs are to
 * whoever decides which provider is asked and what its claims mean.
 */
import { federatedPowers, type Tx } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { holdsEverything, requirePowers } from '../../kernel/held.ts';
import type { TenantRole } from '../../kernel/permissions.ts';
import { claimMappingsShape } from './mappings/schema.ts';
import type { IdpConfig } from './schema.ts';

type Giving = Pick<IdpConfig, 'tenant_id' | 'issuer' | 'claim_mappings' | 'jit_policy'> & {
  /** Null: nothing refers to the configuration yet. */
  readonly id: string | null;
};

/**
 * Throws `forbidden` when somebody could come through the configuration with more than the caller holds: by a mapped role, as
 * a new member, as a user of its issuer, as a provisioned user who is linked by the claim, by a group that mirrors one of its
 * claims, or as a service identity whose tokens its issuer makes.
 */
export async function requireGivable(
  ctx: ActorContext,
  tx: Tx,
  { id, tenant_id, issuer, claim_mappings, jit_policy }: Giving,
): Promise<void> {
  if (holdsEverything(ctx)) return;
  const { shape } = claimMappingsShape;
  const { data: role_map = {} } = shape.role_map.safeParse(claim_mappings['role_map']);
  const givesMember = jit_policy === 'allow' || claim_mappings['roles'] !== undefined;
  const mapped: TenantRole[] = [...Object.values(role_map), ...(givesMember ? (['member'] as const) : [])];
  requirePowers(ctx, { roles: mapped, levels: [] });
  const unlinked = claim_mappings['scim'] !== undefined;
  const federated = { tenant_id, idp_config_id: id, issuer, unlinked };
  requirePowers(ctx, await federatedPowers.findFederatedPowers(tx, federated));
}
