/** Memberships and edges that end with a user, a service identity or a group. */
import { groupEdges, type Tx } from '@tenant-registry/db';
import type { RecordEvent } from '../../../kernel/transact.ts';
import { groupEvents } from '../schema.ts';

/** Takes the principals out of every group that they are in themselves, with an event of that group for each. */
export async function leaveGroups(
  { tx, record }: { readonly tx: Tx; readonly record: RecordEvent },
  leaving: groupEdges.PrincipalsInTenant,
): Promise<void> {
  for (const { kind, group, principal } of await groupEdges.deleteEdgesOf(tx, leaving)) {
    if (kind === 'member') await record(groupEvents.memberRemoved, { ...group, member: principal });
    else await record(groupEvents.childRemoved, { ...group, child_id: principal.id });
  }
}
