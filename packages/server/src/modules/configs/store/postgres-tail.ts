/** The changes of one project, read from the table of revisions once for all who watch it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { configTail, type Db } from '@tenant-registry/db';
import { oneAtATime } from '../../../kernel/async/one-at-a-time.ts';
import { createRing, type Ring } from '../../../kernel/feed/ring.ts';
import type { State } from '../cursor.ts';
import type { Author } from '../schema.ts';
import type { Place, ProjectTail, TailedChange } from './port.ts';

export type Head = State;

export interface TailSource {
  readonly place: Place;
  /** Sees every tenant: for what all watchers share. */
  readonly db: Db;
  /** Sees the tenant, and waits in its turn: for what one watcher has missed. */
  readonly scoped: Db;
  /** Resolves to the state of the project at a moment after the call. */
  readonly askHead: () => Promise<Head>;
}

/** A tail before it is shared. */
export interface HeldTail {
  /** Reads what is new. Rejects while the database cannot be asked. */
  look(): Promise<void>;
  /** Returns the tail for one more watcher; `leave` is called when that one releases it. */
  share(leave: () => void): ProjectTail;
}

/** One revision: its changes in the order of their keys. */
interface Step {
  readonly changes: readonly TailedChange[];
  readonly bytes: number;
}

/** Of all revisions that are kept together: a tenant can watch a hundred projects here. */
const KEPT = { countMax: 1_000, sizeMax: 262_144 };
const PAGE_BYTES = 262_144;
/**
 * Longer content is told to nobody. The database measures the text with its spaces, which JSON on the wire does not have:
 * what is short enough there is at most twice as long here, unless it is made of very long numbers.
 */
const CONTENT_BYTES_MAX = 65_536;

interface Tail extends TailSource {
  readonly ring: Ring<Step>;
  readonly listeners: Set<() => void>;
  epoch: string;
  /** The highest revision that the database has told of. */
  known: number;
  /** The state with which to begin anew, because what is in hand means nothing any more. */
  restart: Head | null;
}

/** Makes the tail of a project as it is now: what comes next is read, what came before is in the table. */
export function createPostgresTail(source: TailSource, { epoch, revision }: Head): HeldTail {
  const ring = createRing<Step>({ ...KEPT, sizeOf: ({ bytes }) => bytes });
  ring.skipTo(revision);
  const tail: Tail = { ...source, ring, listeners: new Set(), epoch, known: revision, restart: null };
  const look = oneAtATime(() => readOn(tail));
  return {
    look,
    share: (leave) => ({
      get epoch() {
        return tail.epoch;
      },
      latest: ring.latest,
      settle: () => settle(tail, look),
      changesAfter: (after, bytesMax) => changesAfter(tail, after, bytesMax),
      onNews(listener) {
        tail.listeners.add(listener);
        return () => tail.listeners.delete(listener);
      },
      release: leave,
    }),
  };
}

async function settle(tail: Tail, look: () => Promise<void>): Promise<void> {
  const { ring, epoch } = tail;
  const before = ring.latest();
  const head = await tail.askHead();
  // It began anew meanwhile, with a later state.
  if (tail.epoch !== epoch) return;
  if (head.epoch !== epoch || head.revision < before) {
    tail.restart = head;
    return look();
  }
  tail.known = Math.max(tail.known, head.revision);
  while (tail.epoch === epoch && ring.latest() < head.revision) {
    const latest = ring.latest();
    await look();
    if (tail.epoch === epoch && ring.latest() <= latest) throw new Error('the newest revisions are not in the table');
  }
}

/** Reads to the end of the table. Two of them must not run at once. */
async function readOn(tail: Tail): Promise<void> {
  const { ring, db, place, restart } = tail;
  if (restart !== null) {
    Object.assign(tail, { restart: null, epoch: restart.epoch, known: restart.revision });
    skip(tail, restart.revision);
  }
  // So many are read by those who want them.
  if (tail.known - ring.latest() > KEPT.countMax) skip(tail, tail.known);
  for (;;) {
    const { rows, more } = await list(db, { ...place, after: ring.latest(), bytesMax: PAGE_BYTES });
    for (const step of stepsOf(rows)) add(tail, step);
    if (rows.length > 0) tellNews(tail);
    if (!more) return;
    // Watchers take what they were given before there is more.
    await nextTurn();
  }
}

function add({ ring }: Tail, { revision, ...step }: Step & { readonly revision: number }): void {
  if (revision !== ring.latest() + 1) ring.skipTo(revision - 1);
  ring.add(revision, step);
}

function skip(tail: Tail, revision: number): void {
  tail.ring.skipTo(revision);
  tellNews(tail);
}

function tellNews({ listeners }: Tail): void {
  for (const listener of listeners) listener();
}

async function changesAfter({ ring, place, scoped }: Tail, after: number, bytesMax: number) {
  if (after > ring.latest()) return undefined;
  const kept = ring.since(after);
  if (kept !== undefined) return pageOf(kept, bytesMax);
  const { rows } = await list(scoped, { ...place, after, until: ring.latest(), bytesMax });
  const steps = stepsOf(rows);
  // Revisions of a project have no gaps, unless old ones were deleted.
  const isWhole = steps.length > 0 && steps.every(({ revision }, index) => revision === after + 1 + index);
  return isWhole ? steps.flatMap(({ changes }) => changes) : undefined;
}

function pageOf(steps: readonly Step[], bytesMax: number): TailedChange[] {
  const page: TailedChange[] = [];
  let bytes = 0;
  for (const step of steps) {
    if (bytes >= bytesMax) break;
    page.push(...step.changes);
    bytes += step.bytes;
  }
  return page;
}

function list(db: Db, range: Omit<configTail.ConfigRevisionRange, 'contentBytesMax'>) {
  return configTail.listConfigRevisions(db, { ...range, contentBytesMax: CONTENT_BYTES_MAX });
}

function stepsOf(rows: readonly configTail.ToldConfigRevision[]): (Step & { readonly revision: number })[] {
  const byRevision = Map.groupBy(rows, ({ revision }) => revision);
  return Array.from(byRevision, ([revision, those]) => ({
    revision,
    changes: those.map(changeOf),
    bytes: those.reduce((sum, row) => sum + row.bytes, 0),
  }));
}

function changeOf({ bytes: _, author, ...row }: configTail.ToldConfigRevision): TailedChange {
  // What the registry wrote itself.
  return { ...row, author: author as Author };
}
