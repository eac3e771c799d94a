/** Groups as they should be: who is in whom, without a database. */

/** The two kinds of edge between groups: a membership of a group, and group_parents. */
export type EdgeKind = 'member' | 'child';

export interface Edge {
  readonly kind: EdgeKind;
  readonly parent: number;
  readonly child: number;
}

export type Verdict = 'added' | 'there' | 'group_self_parent' | 'group_cycle' | 'group_too_deep';

const CHAIN_MAX = 32;

/** Makes a model without edges. Groups are numbers; principals are texts. */
export function createGroupModel() {
  const edges = new Map<string, Edge>();
  const members = new Map<number, Set<string>>();
  const keyOf = ({ kind, parent, child }: Edge) => `${kind} ${parent} ${child}`;
  const parentsOf = (group: number) =>
    [...edges.values()].filter((edge) => edge.child === group).map(({ parent }) => parent);
  const childrenOf = (group: number) =>
    [...edges.values()].filter((edge) => edge.parent === group).map(({ child }) => child);

  /** The groups of the longest chain from the group on, itself included. */
  const longest = (group: number, next: (group: number) => number[], known = new Map<number, number>()): number => {
    const found = known.get(group);
    if (found !== undefined) return found;
    const length = 1 + Math.max(0, ...next(group).map((each) => longest(each, next, known)));
    known.set(group, length);
    return length;
  };

  /** The least depth of each group that is reached from the group, itself at 1. */
  const depths = (group: number, next: (group: number) => number[]): Map<number, number> => {
    const found = new Map([[group, 1]]);
    for (const [each, depth] of found)
      for (const other of next(each)) if (!found.has(other)) found.set(other, depth + 1);
    return found;
  };

  return {
    add(edge: Edge): Verdict {
      if (edge.parent === edge.child) return 'group_self_parent';
      if (edges.has(keyOf(edge))) return 'there';
      if (depths(edge.parent, parentsOf).has(edge.child)) return 'group_cycle';
      if (longest(edge.child, childrenOf) + longest(edge.parent, parentsOf) > CHAIN_MAX) return 'group_too_deep';
      edges.set(keyOf(edge), edge);
      return 'added';
    },
    remove: (edge: Edge) => edges.delete(keyOf(edge)),
    /** Tells whether the principal was not in the group. */
    join(group: number, principal: string): boolean {
      const found = members.get(group) ?? new Set();
      members.set(group, found);
      return found.size < found.add(principal).size;
    },
    leave: (group: number, principal: string) => members.get(group)?.delete(principal) ?? false,
    /** Who is in the group, each with its least depth. */
    effective(group: number): Map<string, number> {
      const found = new Map<string, number>();
      for (const [below, depth] of depths(group, childrenOf))
        for (const principal of members.get(below) ?? [])
          found.set(principal, Math.min(depth, found.get(principal) ?? depth));
      return found;
    },
    edges: (): readonly Edge[] => [...edges.values()],
  };
}
