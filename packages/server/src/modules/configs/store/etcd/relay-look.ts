/** What the relay sees of what waits: the oldest first, without what it has set aside. */
import type { StoreParts } from './reading.ts';
import { WAITING_MAX } from './waiting-places.ts';

export interface Listed {
  readonly key: string;
  readonly modRevision: number;
}

export interface Look {
  /** Versions of projects that are not set aside, oldest first, in whole revisions. */
  readonly open: readonly Listed[];
  /** The oldest version of all; undefined: none waits. */
  readonly front: Listed | undefined;
  /** How many wait. */
  readonly waiting: number;
  /** Of them, those of projects that the database does not have. */
  readonly orphans: number;
}

type Why = 'refused' | 'orphaned';

/** Projects whose versions wait, while those of others do not. Each is tried again after a minute. */
export interface Aside {
  set(projectId: string, why: Why): void;
  whyOf(projectId: string): Why | undefined;
  /** Forgets those whose time is over. */
  expire(): void;
  clear(): void;
  isEmpty(): boolean;
}

const ASIDE_MS = 60_000;
/** So many keys come at once while some are set aside: all, as writers are refused before. */
const ALL_MAX = 2 * WAITING_MAX;

/** Makes it; nothing is set aside. */
export function createAside(): Aside {
  const projects = new Map<string, { readonly why: Why; readonly until: number }>();
  return {
    set: (projectId, why) => void projects.set(projectId, { why, until: performance.now() + ASIDE_MS }),
    whyOf: (projectId) => projects.get(projectId)?.why,
    expire() {
      for (const [projectId, { until }] of projects) if (performance.now() > until) projects.delete(projectId);
    },
    clear: () => projects.clear(),
    isEmpty: () => projects.size === 0,
  };
}

export interface Looking extends Pick<StoreParts, 'link' | 'keys'> {
  readonly aside: Aside;
  /** Versions that one look gives at most. */
  readonly lookMax: number;
}

/** Looks once; when versions that are set aside hide others, a second time at the keys of all. Throws like `ask` of the link. */
export async function look(looking: Looking): Promise<Look> {
  const { link, keys, aside, lookMax } = looking;
  aside.expire();
  const listing = (limit: number) =>
    link.ask((etcd) => etcd.range({ prefix: keys.intents }, { keysOnly: true, limit, order: { by: 'mod_revision' } }));
  let found = await listing(lookMax);
  if (found.more && !aside.isEmpty()) found = await listing(ALL_MAX);
  const { kvs, count } = found;
  const whyOf = ({ key }: Listed) => {
    const at = keys.intentAt(key);
    return at === undefined ? 'foreign' : aside.whyOf(at.project_id);
  };
  const open = kvs.filter((each) => whyOf(each) === undefined);
  const orphans = kvs.filter((each) => whyOf(each) === 'orphaned').length;
  const isCut = found.more || open.length > lookMax;
  return { open: wholeRevisions(open.slice(0, lookMax), isCut), front: kvs[0], waiting: count, orphans };
}

/** Leaves the last revision out where the list may end in the middle of it. */
function wholeRevisions(listed: readonly Listed[], isCut: boolean): readonly Listed[] {
  if (!isCut) return listed;
  const last = listed.at(-1)?.modRevision;
  const end = listed.findIndex(({ modRevision }) => modRevision === last);
  return end > 0 ? listed.slice(0, end) : listed;
}
