/** The parts of networks that projects have. */
import type { Tx } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import type { RecordEvent } from '../../../kernel/transact.ts';

/** Takes the sub-ranges of projects that end away, with an event of each. */
export async function releaseSubRangesOf(
  _ctx: ActorContext,
  { tx }: { readonly tx: Tx; readonly record: RecordEvent },
  { tenant_id, projects }: { readonly tenant_id: string; readonly projects: readonly string[] },
): Promise<void> {
  if (projects.length === 0) return;
  const held = tx
    .selectFrom('project_mesh_ip_reservations')
    .select('project_id')
    .where('tenant_id', '=', tenant_id)
    .where('project_id', 'in', projects);
  if ((await held.execute()).length > 0) throw new Error('not built yet');
}
