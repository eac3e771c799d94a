/** Whether the operator has begun and ended what a change asks for: it does not say which generation it has seen. */
import type { KubeObject } from './api.ts';
import { isHealthy } from './world.ts';

export interface Changes {
  /** This process has changed what the Cluster asks for; `waits`: in a way that only the phase of the Cluster tells of. */
  note(id: string, cluster: KubeObject, waits: boolean): void;
  /**
   * Returns whether a change is under way: until the Cluster has left its healthy phase and come back, or the time is over.
   * A process that did not make the change reads its time from the Cluster, unless the wish was settled before.
   */
  isUnderWay(id: string, cluster: KubeObject, settled: boolean): boolean;
  forget(id: string): void;
}

interface Change {
  readonly at: number;
  /** When the API saw the last apply that changed something. */
  readonly applied: number;
  left: boolean;
  over: boolean;
}

/** Remembers the last change of each database for this process. */
export function createChanges({ settleMs, now }: { readonly settleMs: number; readonly now: () => number }): Changes {
  const changes = new Map<string, Change>();
  const changeOf = (id: string, cluster: KubeObject, settled: boolean): Change | undefined => {
    const known = changes.get(id);
    const applied = appliedAt(cluster);
    if (known?.applied === applied) return known;
    // Another process has applied since; where the wish is settled, that one has seen the change through.
    if (settled) return undefined;
    const change = { at: applied, applied, left: false, over: false };
    changes.set(id, change);
    return change;
  };
  return {
    note(id, cluster, waits) {
      changes.set(id, { at: now(), applied: appliedAt(cluster), left: !isHealthy(cluster), over: !waits });
    },
    isUnderWay(id, cluster, settled) {
      const change = changeOf(id, cluster, settled);
      if (change === undefined || change.over) return false;
      if (!isHealthy(cluster)) change.left = true;
      change.over = (change.left && isHealthy(cluster)) || now() - change.at >= settleMs;
      return !change.over;
    },
    forget: (id) => void changes.delete(id),
  };
}

function appliedAt({ metadata: { managedFields = [] } }: KubeObject): number {
  const times = managedFields
    .filter(({ manager, operation }) => manager === 'tenant-registry' && operation === 'Apply')
    .map(({ time }) => Date.parse(time ?? ''));
  return Math.max(0, ...times.filter((time) => !Number.isNaN(time)));
}
