/** Whether the operator has begun and ended what a change asks for: it does not say which generation it has seen. */
import type { KubeObject } from './api.ts';
import { isHealthy } from './world.ts';

export interface Changes {
  /** The pass has changed what the Cluster asks for. */
  note(id: string, cluster: KubeObject): void;
  /**
   * Returns whether a change is under way: until the Cluster has left its healthy phase and come back, or the time is over.
   * A process that did not make the change reads its time from the Cluster, unless the wish was settled before.
   */
  isUnderWay(id: string, cluster: KubeObject, settled: boolean): boolean;
  forget(id: string): void;
}

interface Change {
  readonly at: number;
  left: boolean;
}

/** Remembers changes for this process. */
export function createChanges({ settleMs, now }: { readonly settleMs: number; readonly now: () => number }): Changes {
  const changes = new Map<string, Change>();
  const recall = (id: string, cluster: KubeObject, settled: boolean): Change | undefined => {
    const known = changes.get(id);
    if (known !== undefined || settled) return known;
    const change = { at: appliedAt(cluster), left: false };
    if (now() - change.at < settleMs) changes.set(id, change);
    return change;
  };
  return {
    note: (id, cluster) => void changes.set(id, { at: now(), left: !isHealthy(cluster) }),
    isUnderWay(id, cluster, settled) {
      const change = recall(id, cluster, settled);
      if (change === undefined) return false;
      if (!isHealthy(cluster)) change.left = true;
      const over = (change.left && isHealthy(cluster)) || now() - change.at >= settleMs;
      if (over) changes.delete(id);
      return !over;
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
