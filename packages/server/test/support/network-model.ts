/**
 * A network as sets of single addresses: which node has which, which rest, and therefore which are free. It knows nothing of
 * rows, and is what the allocator is compared with. Addresses are numbers from the first one of the widest range on.
 */

export interface Block {
  readonly at: number;
  readonly size: number;
}

export type Command =
  | { readonly what: 'allocate'; readonly node: number; readonly ip?: number | undefined }
  | { readonly what: 'release'; readonly node: number }
  | { readonly what: 'reserve'; readonly project: number; readonly block: Block; readonly strict: boolean }
  | { readonly what: 'unreserve'; readonly project: number }
  | { readonly what: 'range'; readonly block: Block }
  | { readonly what: 'wait'; readonly seconds: number }
  | { readonly what: 'rest'; readonly seconds: number };

export interface FreeBlock {
  readonly project: number | null;
  readonly first: number;
  readonly last: number;
  /** Seconds from the start; null: it is free now. */
  readonly not_before: number | null;
}

export interface ModelOptions {
  readonly family: 4 | 6;
  readonly range: Block;
  /** Nodes belong to projects in turn. */
  readonly projects: number;
}

type Answer = { readonly ip: number } | { readonly code: string };

export type NetworkModel = ReturnType<typeof createNetworkModel>;

/** Makes a network in which every address is free. */
export function createNetworkModel(options: ModelOptions) {
  const { family, projects } = options;
  let { range } = options;
  let [now, restSeconds] = [0, 0];
  const reserved = new Map<number, Block & { readonly strict: boolean }>();
  const held = new Map<number, number>();
  const resting = new Map<number, number>();

  const projectOf = (node: number) => node % projects;
  const inside = (ip: number, block: Block) => ip >= block.at && ip < block.at + block.size;
  const isHost = (ip: number, block: Block) =>
    inside(ip, block) && ip !== block.at && (family === 6 || ip !== block.at + block.size - 1);
  /** The project whose sub-range contains it. */
  const poolOf = (ip: number) => [...reserved].find(([, block]) => inside(ip, block))?.[0] ?? null;
  const usable = (ip: number) => {
    const pool = poolOf(ip);
    const block = pool === null ? undefined : reserved.get(pool);
    return isHost(ip, range) && (block === undefined || isHost(ip, block));
  };
  const holderOf = (ip: number) => [...held].find(([, other]) => other === ip)?.[0];
  const free = (ip: number) => usable(ip) && holderOf(ip) === undefined && !resting.has(ip);
  const addresses = () => Array.from({ length: range.size }, (_, offset) => range.at + offset);

  function forgetUnusable(): void {
    for (const ip of resting.keys()) if (!usable(ip)) resting.delete(ip);
  }

  function named(node: number, ip: number): Answer {
    const own = reserved.get(projectOf(node));
    const pool = poolOf(ip);
    const open = pool === projectOf(node) || (pool === null && own?.strict !== true);
    if (!open || !usable(ip)) return { code: 'address_not_usable' };
    return holderOf(ip) === undefined ? { ip } : { code: 'address_taken' };
  }

  function lowest(node: number): Answer {
    const own = projectOf(node);
    const strict = reserved.get(own)?.strict === true;
    const pools = strict ? [own] : [own, null];
    const candidates = [
      ...pools.map((pool) => addresses().find((ip) => free(ip) && poolOf(ip) === pool)),
      ...pools.map(
        (pool) => [...resting].filter(([ip]) => poolOf(ip) === pool).sort(([a, x], [b, y]) => x - y || a - b)[0]?.[0],
      ),
    ];
    const ip = candidates.find((candidate) => candidate !== undefined);
    return ip === undefined ? { code: strict ? 'subrange_exhausted' : 'pool_exhausted' } : { ip };
  }

  return {
    held: held as ReadonlyMap<number, number>,
    now: () => now,
    allocate({ node, ip }: { readonly node: number; readonly ip?: number | undefined }): Answer {
      const has = held.get(node);
      if (has !== undefined) return ip === undefined || ip === has ? { ip: has } : { code: 'address_not_usable' };
      const answer = ip === undefined ? lowest(node) : named(node, ip);
      if ('ip' in answer) {
        held.set(node, answer.ip);
        resting.delete(answer.ip);
      }
      return answer;
    },
    release(node: number): number | undefined {
      const ip = held.get(node);
      held.delete(node);
      if (ip !== undefined && restSeconds > 0 && usable(ip)) resting.set(ip, now + restSeconds);
      return ip;
    },
    /** Whether nothing stands against the sub-range; then it is there. */
    reserve(project: number, block: Block, strict: boolean): boolean {
      const others = [...reserved].filter(([other]) => other !== project);
      const fits =
        inside(block.at, range) &&
        inside(block.at + block.size - 1, range) &&
        !others.some(([, other]) => inside(block.at, other) || inside(other.at, block)) &&
        ![...held].some(([node, ip]) => projectOf(node) !== project && inside(ip, block));
      if (!fits) return false;
      reserved.set(project, { ...block, strict });
      forgetUnusable();
      return true;
    },
    unreserve(project: number): void {
      reserved.delete(project);
      forgetUnusable();
    },
    /** Whether the range contains all that there is; then it is the range. */
    change(block: Block): boolean {
      const fits =
        [...held.values()].every((ip) => isHost(ip, block)) &&
        [...reserved.values()].every(({ at, size }) => inside(at, block) && inside(at + size - 1, block));
      if (!fits) return false;
      range = block;
      forgetUnusable();
      return true;
    },
    wait(seconds: number): void {
      now += seconds;
      for (const [ip, until] of resting) if (until <= now) resting.delete(ip);
    },
    rest(seconds: number): void {
      restSeconds = seconds;
    },
    /** What is free, as maximal blocks of each pool, and each address that rests. */
    free(): FreeBlock[] {
      const blocks: FreeBlock[] = [];
      for (const ip of addresses()) {
        const project = poolOf(ip);
        const not_before = resting.get(ip) ?? null;
        const before = blocks.at(-1);
        if (not_before !== null) blocks.push({ project, first: ip, last: ip, not_before });
        else if (!free(ip)) continue;
        else if (before?.last === ip - 1 && before.project === project && before.not_before === null)
          blocks.splice(-1, 1, { ...before, last: ip });
        else blocks.push({ project, first: ip, last: ip, not_before });
      }
      return blocks;
    },
  };
}
