/** Versions that are missing in the history, as the audit log tells of them. */
import { systemActor } from '../../../../kernel/actor.ts';
import type { Clock } from '../../../../kernel/clock.ts';
import { newId } from '../../../../kernel/ids.ts';
import { entryOf, type RegistryEntry } from '../../../../kernel/transact/entry.ts';
import { configEvents, type HistoryGap } from '../../schema.ts';
import type { Place } from '../port.ts';

export interface GapFound extends Place {
  readonly key: string;
  /** The first and the last version that is missing. */
  readonly from: number;
  readonly to: number;
  readonly cause: HistoryGap['cause'];
}

const GAPS_MAX = 100;

/** Returns an entry for each project and cause. */
export function gapEntries({ clock }: { readonly clock: Clock }, found: readonly GapFound[]): RegistryEntry[] {
  const groups = new Map<string, GapFound[]>();
  for (const gap of found) {
    const name = `${gap.project_id} ${gap.cause}`;
    groups.set(name, [...(groups.get(name) ?? []), gap]);
  }
  const ctx = { actor: systemActor('configs-relay'), clock, requestId: newId(clock), sourceIp: null };
  return [...groups.values()].flatMap((gaps) => {
    const [first] = gaps;
    if (first === undefined) return [];
    const { project_id, tenant_id, cause } = first;
    const missing = gaps.slice(0, GAPS_MAX).map(({ key, from, to }) => ({ key, from_version: from, to_version: to }));
    // The project of a tenant that was deleted is nobody's any more.
    const owner = cause === 'tenant_deleted' ? null : tenant_id;
    const payload = { project_id, tenant_id: owner, cause, keys: gaps.length, missing };
    return [entryOf(ctx, { event: configEvents.historyGap, payload })];
  });
}
