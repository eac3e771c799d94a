/** How much of a network is used. */
import { meshUsage } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import { readableTenant, wholeTenant } from '../../tenants/service.ts';
import type { NetworkUsage } from '../schema.ts';

type Usage = NetworkUsage['range'];

/**
 * Tells the usage of one moment. A caller that is bound to a project gets the sums of the whole network, since it gets its
 * addresses there, and of the sub-ranges its own alone. Throws `not_found`, also when there is no network, and
 * `tenant_archived`.
 */
export async function getUsage(ctx: ActorContext, tenantId: string): Promise<NetworkUsage> {
  await readableTenant(ctx, tenantId);
  const [outside, ...inside] = await meshUsage.listMeshUsage(wholeTenant(ctx, tenantId), tenantId);
  if (outside === undefined) throw kernelErrors.notFound();
  const pool = usageOf(outside);
  const parts = inside.map(({ project_id, cidr, strict, ...counted }) => ({
    // A sub-range has all of them; only the row before, of what lies outside, has none.
    project_id: project_id ?? '',
    cidr: cidr ?? '',
    strict: strict ?? true,
    ...usageOf(counted),
  }));
  const own = ctx.actor.project_id;
  return {
    range: parts.reduce(sumOf, pool),
    pool,
    sub_ranges: own === null ? parts : parts.filter(({ project_id }) => project_id === own),
  };
}

type Counted = Pick<meshUsage.MeshUsageRow, 'used' | 'free' | 'resting' | 'fragments' | 'largest_prefix'>;

function usageOf({ used, free, resting, fragments, largest_prefix }: Counted): Usage {
  return { capacity: atMost(used + free + resting), used, free, resting, fragments, largest_prefix };
}

/** The largest sub-range that fits is that of the first: a sub-range holds no other. */
function sumOf({ largest_prefix, ...sum }: Usage, part: Usage): Usage {
  return {
    capacity: atMost(sum.capacity + part.capacity),
    used: sum.used + part.used,
    free: atMost(sum.free + part.free),
    resting: sum.resting + part.resting,
    fragments: sum.fragments + part.fragments,
    largest_prefix,
  };
}

function atMost(count: number): number {
  return Math.min(count, Number.MAX_SAFE_INTEGER);
}
