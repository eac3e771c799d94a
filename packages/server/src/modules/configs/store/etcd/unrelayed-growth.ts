/** By how much the counts of projects grew by writes of this process that the projection does not have yet. */
interface Growth {
  readonly revision: number;
  readonly keys: number;
  readonly bytes: number;
}

export interface UnrelayedGrowth {
  /** Notes a write. */
  add(projectId: string, growth: Growth): void;
  /** Returns the sum after the revision, and forgets what is not after it. */
  after(projectId: string, revision: number): { readonly keys: number; readonly bytes: number };
}

/** More writes than may wait for the relay. */
const PROJECTS_MAX = 10_000;

/** Makes one that has noted nothing. Of projects that are written no more, the oldest are forgotten. */
export function createUnrelayedGrowth(): UnrelayedGrowth {
  const noted = new Map<string, readonly Growth[]>();
  return {
    add(projectId, growth) {
      const those = noted.get(projectId) ?? [];
      noted.delete(projectId);
      noted.set(projectId, [...those, growth]);
      const [oldest] = noted.keys();
      if (noted.size > PROJECTS_MAX && oldest !== undefined) noted.delete(oldest);
    },
    after(projectId, revision) {
      const left = (noted.get(projectId) ?? []).filter((each) => each.revision > revision);
      if (left.length === 0) noted.delete(projectId);
      else noted.set(projectId, left);
      const sum = { keys: 0, bytes: 0 };
      for (const { keys, bytes } of left) Object.assign(sum, { keys: sum.keys + keys, bytes: sum.bytes + bytes });
      return sum;
    },
  };
}
