/** Sub-ranges that are given back: by hand, or with the projects that they belong to. */
import { networks, subRanges, type Tx } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import type { RecordEvent } from '../../../kernel/transact.ts';
import { contentionOr, rebuildFreeRanges } from '../allocator/service.ts';
import { networkEvents } from '../schema.ts';

/** A change under way in the caller's transaction. */
interface Change {
  readonly tx: Tx;
  readonly record: RecordEvent;
}

interface ProjectsOfTenant {
  readonly tenant_id: string;
  readonly projects: readonly string[];
}

/**
 * Takes the sub-ranges from the projects, and records each; when none of them has one, it does nothing and waits for nobody.
 * To be called after tenant and projects are locked, before the projects are deleted. Throws `allocator_contention` when the
 * lock of the network takes longer than MESH_WAIT_MS.
 */
export async function releaseSubRangesOf(ctx: ActorContext, change: Change, gone: ProjectsOfTenant): Promise<void> {
  const { tx } = change;
  if (!(await subRanges.findAnySubRange(tx, gone.tenant_id, gone.projects))) return;
  await networks.lockNoLongerThan(tx, ctx.networkTurns.waitMs);
  try {
    await networks.lockNetwork(tx, gone.tenant_id);
  } catch (cause) {
    throw contentionOr(cause);
  }
  await networks.lockAsLongAsUsual(tx);
  await releaseLocked(ctx, change, gone);
}

/** Like `releaseSubRangesOf`, with the lock of the network held. Returns how many there were. */
export async function releaseLocked(
  ctx: ActorContext,
  { tx, record }: Change,
  gone: ProjectsOfTenant,
): Promise<number> {
  const rows = await subRanges.deleteSubRanges(tx, gone.tenant_id, gone.projects);
  if (rows.length > 0) await rebuildFreeRanges(ctx, tx, gone.tenant_id);
  for (const row of rows) await record(networkEvents.subRangeReleased, row);
  return rows.length;
}
